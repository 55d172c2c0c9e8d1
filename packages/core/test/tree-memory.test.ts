import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import Hypercore from 'hypercore'
import { expect, onTestFinished, test } from 'vitest'
import { openForeignStore } from '../src/holepunch/foreign-store.js'
import { tempDir } from './support/workshop.js'

const BLOCKS = 300

/** A core of an author, and a store for a copy of it. */
async function authorAndCopy(blocks: number) {
  const author = new Hypercore(tempDir())
  await author.ready()
  onTestFinished(() => author.close())
  await append(author, blocks)
  const dir = tempDir()
  const store = await openForeignStore(dir)
  const copy = store.get({ key: author.key })
  await copy.ready()
  return { author, dir, store, copy }
}

async function append(core: Hypercore, count: number): Promise<void> {
  await core.append(Array.from({ length: count }, (_, n) => Buffer.from(`block ${core.length + n}`)))
}

/** Fetches all blocks that another core has, and ends the connection. */
async function copyAll(from: Hypercore, to: Hypercore): Promise<void> {
  const ends: [Duplex, Duplex] = [from.replicate(true), to.replicate(false)]
  let failure: Error | null = null
  for (const end of ends) end.on('error', (error) => (failure ??= error))
  ends[0].pipe(ends[1]).pipe(ends[0])
  const ended = new Promise<never>((_, reject) => {
    ends[1].once('close', () => reject(failure ?? new Error('the connection has ended')))
  })
  ended.catch(() => {}) // it is ended below
  await Promise.race([to.update({ wait: true }), ended])
  await Promise.race([to.download({ start: 0, end: from.length }).done(), ended])
  for (const end of ends) end.destroy()
}

/** What a plain reader gets from the folder of a copy, opened by plain Corestore. */
async function blocksFrom(dir: string, key: Buffer): Promise<string[]> {
  const store = new Corestore(dir)
  const reader = new Hypercore(tempDir(), key)
  try {
    const core = store.get({ key })
    await core.ready()
    await copyAll(core, reader)
    return await textsOf(reader)
  } finally {
    await reader.close()
    await store.close()
  }
}

async function textsOf(core: Hypercore): Promise<string[]> {
  const blocks = Array.from({ length: core.length }, (_, n) => core.get(n, { wait: false }))
  return (await Promise.all(blocks)).map(String)
}

test('a copy proves each block to others, and reads the nodes for that of few blocks from the disk', async () => {
  const { author, dir, store, copy } = await authorAndCopy(BLOCKS)
  const { stats } = store.storage.rocks
  const before = stats.gets
  await copyAll(author, copy)
  expect(stats.gets - before).toBeLessThan(BLOCKS / 10)
  await store.close()
  expect(await blocksFrom(dir, author.key)).toEqual(await textsOf(author))
})

test('a copy that was cut back, and grows again at the same fork, has all nodes on the disk', async () => {
  const { author, dir, store, copy } = await authorAndCopy(8)
  await copyAll(author, copy)
  const { length, fork } = copy
  const signature = Buffer.from(copy.state.signature)
  await append(author, BLOCKS)
  await copyAll(author, copy)
  await copy.truncate(length, { fork, signature })
  await copyAll(author, copy)
  await store.close()
  expect(await blocksFrom(dir, author.key)).toEqual(await textsOf(author))
})
