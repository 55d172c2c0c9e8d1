import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  isUnchanged,
  readScanCache,
  trustworthyStamp,
  writeScanCache,
  type ScanCache
} from '../src/folder/scan-cache.js'
import { tempDir } from './support/workshop.js'

const STAMP = { size: 3, mtimeMs: 1_000_000.25, ctimeMs: 1_000_000.5, ino: 7 }
const BLOB = { blockOffset: 1, blockLength: 2, byteOffset: 3, byteLength: 4 }
const CACHE: ScanCache = {
  version: 9,
  fork: 2 ** 52,
  release: 3,
  confirmedBy: [],
  files: new Map([
    ['/a.html', { hash: 'x', blob: BLOB, stamp: STAMP }],
    ['/b\n.html', { hash: 'y', blob: BLOB, stamp: null }]
  ])
}

describe('the scan cache', () => {
  test('comes back as it was written', () => {
    const file = path.join(tempDir(), 'cache')
    writeScanCache(file, CACHE)
    expect(readScanCache(file)).toEqual(CACHE)
  })

  test('counts as missing when it is missing or damaged anywhere', () => {
    const file = path.join(tempDir(), 'cache')
    expect(readScanCache(file)).toBeNull()
    writeScanCache(file, CACHE)
    const good = readFileSync(file, 'utf8')
    for (const bad of [
      '',
      '{}',
      good.slice(0, -1),
      good.replace('"x"', '"z"'),
      good.replace('scan 2', 'scan 3')
    ]) {
      writeFileSync(file, bad)
      expect(readScanCache(file)).toBeNull()
    }
  })
})

describe('a stamp', () => {
  test('stands for the same bytes only when all of it is the same', () => {
    expect(isUnchanged(STAMP, { ...STAMP })).toBe(true)
    expect(isUnchanged(null, STAMP)).toBe(false)
    for (const other of [{ size: 4 }, { mtimeMs: 1 }, { ctimeMs: 1 }, { ino: 8 }]) {
      expect(isUnchanged(STAMP, { ...STAMP, ...other })).toBe(false)
    }
  })

  test('younger than a tick of the clock when it was read is not trusted', () => {
    expect(trustworthyStamp(STAMP, STAMP.ctimeMs + 5)).toBeNull()
    expect(trustworthyStamp(STAMP, STAMP.ctimeMs + 100)).toEqual(STAMP)
    const coarse = { ...STAMP, mtimeMs: 5000, ctimeMs: 5000 } // a file system that counts whole seconds
    expect(trustworthyStamp(coarse, 6500)).toBeNull()
    expect(trustworthyStamp(coarse, 7500)).toEqual({ ...coarse })
  })
})
