import { createHash } from 'node:crypto'
import type { DriveEntry } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { PathTableBuilder, rowName } from '../../src/mirror/path-table.js'

const claim = (text: string) => createHash('sha256').update(text).digest('base64url')

function entry(path: string, parts: Partial<DriveEntry> = {}): DriveEntry {
  const blob = { blockOffset: 7, blockLength: 2, byteOffset: 2 ** 33, byteLength: 70_000 }
  return { path, seq: 3, blob, metadata: { hash: claim(path), mtime: 1_700_000_000_123.5 }, ...parts }
}

function tableOf(entries: DriveEntry[], limitBytes = 2 ** 20) {
  const builder = new PathTableBuilder(limitBytes)
  return { fits: entries.every((each) => builder.add(each)), table: builder.build() }
}

test('a file comes out as it went in, and what is not there is told for sure', () => {
  const entries = Array.from({ length: 500 }, (_, n) => entry(`/section/ü ${n}/index.html`, { seq: n }))
  const { table } = tableOf(entries)
  for (const each of entries) expect(table.find(each.path)).toEqual(each)
  for (let n = 0; n < 500; n++) expect(table.find(`/section/ü ${n}/`.slice(0, -1))).toBeNull()
  for (const metadata of [null, { hash: claim('a'), fingerprinted: true }, { mtime: 5 }]) {
    const other = entry('/other', { metadata })
    expect(tableOf([other]).table.find('/other')).toEqual(other)
  }
  expect(tableOf([]).table.find('/index.html')).toBeNull()
})

test.each([
  ['without bytes, such as a link', { blob: null }],
  ['with a list of blocks', { blob: { ...entry('/').blob!, blockMap: true } as DriveEntry['blob'] }],
  ['with a number that is none', { blob: { ...entry('/').blob!, byteLength: -1 } }],
  ['with a number that does not fit', { blob: { ...entry('/').blob!, byteOffset: 2 ** 50 } }],
  ['with a hash that is none', { metadata: { hash: 'x'.repeat(5_000_000) } }],
  ['with a hash that is spelled otherwise', { metadata: { hash: `${claim('a').slice(0, 42)}B` } }],
  ['with more metadata', { metadata: { hash: claim('/a'), more: 1 } }],
  ['with other metadata', { metadata: { mtime: '5' } }],
  ['with metadata that is text', { metadata: 'text' }]
] satisfies [string, Partial<DriveEntry>][])('the drive is asked for an entry %s', (_, parts) => {
  const { table } = tableOf([entry('/a', parts)])
  expect([table.find('/a'), table.find('/b')]).toEqual([undefined, null])
  expect(table.byteLength).toBeLessThan(200)
})

test.each(['/a//b', '/a/../b', '/./b', '/b/', '/a\\b', 'b', '/b\ufffd', '/'])(
  'the drive is asked for %j, which it may read in its own way',
  (path) => expect(tableOf([entry('/b')]).table.find(path)).toBeUndefined()
)

test('of many files it keeps only that they are there, and of too many nothing', () => {
  const of = (count: number) => Array.from({ length: count }, (_, n) => entry(`/${'long'.repeat(500)}/${n}`))
  const many = tableOf(of(1_000), 50_000)
  expect(many.fits).toBe(true)
  expect(many.table.byteLength).toBeLessThan(50_000)
  for (const { path } of of(1_000)) expect(many.table.find(path)).toBeUndefined()
  expect(many.table.find('/none')).toBeNull()
  expect(tableOf(of(2_000), 50_000).fits).toBe(false)
})

test.each([2 ** 20, 20_000])('it is made anew from what changed, with %s bytes', (limitBytes) => {
  const { table } = tableOf(
    Array.from({ length: 300 }, (_, n) => entry(`/${n}`)),
    limitBytes
  )
  const builder = new PathTableBuilder(limitBytes)
  builder.add(entry('/1', { seq: 99 }))
  builder.add(entry('/new'))
  expect(builder.addAll(table, new Set([rowName('/1'), rowName('/2')]))).toBe(true)
  const next = builder.build()
  expect(next.find('/2')).toBeNull()
  for (const path of ['/0', '/1', '/299', '/new']) expect(next.find(path)).not.toBeNull()
  if (limitBytes > 50_000) expect(next.find('/1')).toMatchObject({ seq: 99 })
})
