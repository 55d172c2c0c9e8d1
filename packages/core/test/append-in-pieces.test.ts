import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { IndexOp } from '../src/holepunch/index-op.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { decodeKey } from '../src/holepunch/site-key.js'
import { openSiteReader, openSiteWriter, type SiteWriter } from '../src/holepunch/site-store.js'
import { tempDir, until } from './support/workshop.js'

const KEYS = deriveKeys(Buffer.alloc(32, 9))

async function openSite(dir: string): Promise<SiteWriter> {
  const writer = await openSiteWriter(dir, KEYS)
  onTestFinished(() => writer.close())
  return writer
}

function entries(count: number, mark: string): IndexOp[] {
  return Array.from({ length: count }, (_, n) => ({ path: `/${n}.html`, blob: null, metadata: mark }))
}

async function marksIn(drive: Pick<SiteWriter, 'entries'>): Promise<Record<string, number>> {
  const marks: Record<string, number> = {}
  for await (const { metadata } of drive.entries())
    marks[String(metadata)] = (marks[String(metadata)] ?? 0) + 1
  return marks
}

/** Lets a batch end after its pieces were written and before the index moved to its end, as a kill does. */
async function cutOff(writer: SiteWriter, ops: IndexOp[]): Promise<void> {
  const { verifier } = writer.coreOf('index').core
  const signing = vi.spyOn(verifier, 'sign').mockImplementation(() => {
    throw new Error('cut off')
  })
  await expect(writer.flush(ops)).rejects.toThrow('cut off')
  signing.mockRestore()
}

function connect(left: SiteWriter, right: SiteWriter): void {
  const ends = [left.replicate(true), right.replicate(false)] as const
  ends[0].pipe(ends[1]).pipe(ends[0])
  for (const end of ends) end.on('error', () => {})
  onTestFinished(() => ends.forEach((end) => end.destroy()))
}

test.each([
  ['first index', 0, 3_000],
  ['batch', 10, 3_000]
])('a %s that is written in pieces is read by a plain hyperdrive', async (_what, before, count) => {
  const dir = tempDir()
  const writer = await openSite(dir)
  if (before > 0) await writer.flush(entries(before, 'before'))
  await writer.flush(entries(count, 'now'))
  expect(writer.version).toBe(1 + before + count)
  await writer.close()

  const again = await openSite(dir)
  expect(await marksIn(again)).toEqual({ now: count })
  expect(await again.hasWholeIndex()).toBe(true)
  const store = new Corestore(tempDir())
  const drive = new Hyperdrive(store, decodeKey(KEYS.key))
  await drive.ready()
  onTestFinished(() => drive.close())
  const ends = [again.replicate(true), store.replicate(false)] as const
  ends[0].pipe(ends[1]).pipe(ends[0])
  await until(async () => {
    await drive.core.update({ wait: true })
    return drive.version === 1 + before + count
  })
  const read: string[] = []
  for await (const { value } of drive.entries()) read.push(String(value.metadata))
  expect(read).toEqual(Array.from({ length: count }, () => 'now'))
})

test('of a batch that was cut off nobody sees a part, and the next one takes its place', async () => {
  const dir = tempDir()
  const writer = await openSite(dir)
  await writer.flush(entries(7, 'old'))
  await cutOff(writer, entries(1_000, 'cut off'))
  expect(writer.version).toBe(8)
  await writer.close()
  const reader = await openSiteReader(dir, KEYS.key)
  expect(reader.version).toBe(8)
  expect(await marksIn(reader)).toEqual({ old: 7 })
  await reader.close()

  const next = await openSite(dir)
  expect(await marksIn(next)).toEqual({ old: 7 })
  await next.flush(entries(500, 'new'))
  expect(await marksIn(next)).toEqual({ new: 500 })
})

test('after a batch that was cut off, what another machine has published meanwhile comes in whole', async () => {
  const [dir, otherDir] = [tempDir(), tempDir()]
  const other = await openSite(otherDir)
  const writer = await openSite(dir)
  for (const each of [writer, other]) await each.flush(entries(7, 'old'))
  await cutOff(writer, entries(1_000, 'cut off'))
  await writer.close()
  await other.flush(entries(900, 'other'))

  const again = await openSite(dir)
  connect(again, other)
  await until(() => again.version === other.version)
  expect(await again.fetchIndex(10_000)).toBe(true)
  expect(await marksIn(again)).toEqual({ other: 900 })
})
