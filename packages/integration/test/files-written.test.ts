import { createWriteStream, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { temporaryFolder } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { filesWritten } from '../src/files-written.js'

const CHUNK = 'x'.repeat(100_000)

test('a stream that nobody waits for has written its whole file', async () => {
  const file = path.join(temporaryFolder(), 'sitemap.xml')
  Readable.from(Array.from({ length: 50 }, () => CHUNK)).pipe(createWriteStream(file))
  expect(await filesWritten()).toBe(true)
  expect(readFileSync(file, 'utf8')).toHaveLength(50 * CHUNK.length)
})

test('a promise that nobody waits for has written its whole file', async () => {
  const file = path.join(temporaryFolder(), 'feed.xml')
  void writeFile(file, CHUNK)
  expect(await filesWritten()).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe(CHUNK)
})

test('who never ends to write is not waited for longer than the deadline', async () => {
  const file = path.join(temporaryFolder(), 'log')
  let isWriting = true
  const writing = (async () => {
    while (isWriting) await writeFile(file, CHUNK)
  })()
  expect(await filesWritten(50)).toBe(false)
  isWriting = false
  await writing
})
