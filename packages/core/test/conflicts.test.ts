/** What a conflict does to the cores of a store, with plain cores of hypercore 11.37.1 at the other end or ours at both. */
import { cp } from 'node:fs/promises'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import Corestore from 'corestore'
import { afterEach, beforeEach, describe, expect, test, vi, onTestFinished, type MockInstance } from 'vitest'
import { takeOverConflicts } from '../src/holepunch/conflicts.js'
import { tempDir } from './support/workshop.js'

interface Core {
  key: Buffer
  length: number
  fork: number
  closed: boolean
  peers: { remoteLength: number; remoteFork: number }[]
  keyPair: { secretKey: Buffer }
  ready(): Promise<void>
  append(block: string): Promise<unknown>
  truncate(length: number, options: { fork: number }): Promise<void>
  get(index: number, options?: { timeout?: number; wait?: boolean }): Promise<Buffer | null>
  download(range: { start: number; end: number }): unknown
  on(event: 'conflict', listener: (length: number, fork: number) => void): void
}
type Kind = 'plain' | 'goes on' | 'stops'
interface Machine {
  store: Corestore
  core: Core
  conflicts: number
}

const POLL = { timeout: 60_000, interval: 5 }
let printed: MockInstance
beforeEach(() => {
  printed = vi.spyOn(console, 'log').mockImplementation(() => {})
})
afterEach(() => void vi.restoreAllMocks())

async function machine(dir: string, kind: Kind, key?: Buffer): Promise<Machine> {
  const store = new Corestore(dir)
  if (kind !== 'plain') takeOverConflicts(store, { keepOpen: kind === 'goes on' })
  onTestFinished(() => store.close())
  const core = store.get((key ? { key } : { name: 'core' }) as never) as unknown as Core
  await core.ready()
  const made: Machine = { store, core, conflicts: 0 }
  core.on('conflict', () => made.conflicts++)
  return made
}

function connect(a: Machine, b: Machine): () => void {
  const [left, right] = [a.store.replicate(true), b.store.replicate(false)] as [Duplex, Duplex]
  for (const stream of [left, right]) stream.on('error', () => {})
  left.pipe(right).pipe(left)
  const cut = () => {
    left.destroy()
    right.destroy()
  }
  onTestFinished(cut)
  return cut
}

/** Two who can sign one core, at one length, with different content. */
async function signedTwice(kinds: [Kind, Kind]): Promise<[Machine, Machine]> {
  const [dir, copy] = [tempDir(), tempDir()]
  const first = await machine(dir, 'plain')
  await first.core.append('shared')
  await first.store.close()
  await cp(path.join(dir, 'db'), path.join(copy, 'db'), { recursive: true })
  const machines = [await machine(dir, kinds[0]), await machine(copy, kinds[1])] as [Machine, Machine]
  await machines[0].core.append('here')
  await machines[1].core.append('there')
  return machines
}

/** A seed that has copied one of the two histories. */
async function seedOf(writer: Machine, kind: Kind): Promise<Machine> {
  const seed = await machine(tempDir(), kind, writer.core.key)
  const cut = connect(writer, seed)
  await expect.poll(() => seed.core.length, POLL).toBe(writer.core.length)
  for (let at = 0; at < seed.core.length; at++) await seed.core.get(at, { timeout: 60_000 })
  cut()
  return seed
}

describe('a store that goes on', () => {
  test('keeps what it has, in silence, and hands it out, when it meets another history', async () => {
    const [here, there] = await signedTwice(['plain', 'plain'])
    const seed = await seedOf(here, 'goes on')
    await there.core.append('more')
    connect(there, seed)
    await expect.poll(() => seed.conflicts, POLL).toBeGreaterThan(0)
    await expect.poll(() => there.core.closed, POLL).toBe(true)
    expect(seed.core.closed).toBe(false)
    expect((await seed.core.get(1, { wait: false }))?.toString()).toBe('here')
    const reader = await seedOf(seed, 'plain')
    expect((await reader.core.get(1))?.toString()).toBe('here')
    expect(printed.mock.calls.filter(([text]) => String(text).includes('writable=false'))).toEqual([])
  })

  test('follows whoever signs at a higher fork over the same connection', async () => {
    const [here, there] = await signedTwice(['plain', 'goes on'])
    const seed = await seedOf(here, 'goes on')
    await there.core.append('more')
    connect(there, seed)
    await expect.poll(() => seed.conflicts, POLL).toBe(1)
    await expect.poll(() => there.conflicts, POLL).toBe(1)
    await there.core.truncate(there.core.length, { fork: 5 })
    await there.core.append('healed')
    await expect.poll(() => [seed.core.fork, seed.core.length], POLL).toEqual([5, 4])
    const texts = await Promise.all([0, 1, 2, 3].map((at) => seed.core.get(at, { timeout: 60_000 })))
    expect(texts.map(String)).toEqual(['shared', 'there', 'more', 'healed'])
    expect(printed).not.toHaveBeenCalled()
  })

  test('hands its own higher fork to one that held the other history', async () => {
    const [here, there] = await signedTwice(['goes on', 'goes on'])
    const seed = await seedOf(there, 'goes on')
    connect(here, seed)
    seed.core.download({ start: 0, end: -1 })
    here.core.download({ start: 0, end: -1 })
    await here.core.append('more')
    await expect.poll(() => seed.conflicts + here.conflicts, POLL).toBeGreaterThan(0)
    await here.core.truncate(here.core.length, { fork: 5 })
    await expect.poll(() => [seed.core.fork, seed.core.length], POLL).toEqual([5, 3])
    expect(String(await seed.core.get(1, { timeout: 60_000 }))).toBe('here')
  })

  test('proves nothing over and over to another that goes on, and meets each again at a new connection', async () => {
    const [here, there] = await signedTwice(['goes on', 'goes on'])
    const [first, second] = [await seedOf(here, 'goes on'), await seedOf(there, 'goes on')]
    await there.core.append('more')
    connect(there, second)
    await expect.poll(() => second.core.length, POLL).toBe(3)
    for (let round = 1; round <= 3; round++) {
      const cut = connect(first, second)
      await expect.poll(() => [first.conflicts, second.conflicts], POLL).toEqual([round, round])
      cut()
    }
  })
})

test('a store that stops closes its sessions, and prints nothing', async () => {
  const [here, there] = await signedTwice(['stops', 'stops'])
  const seed = await seedOf(here, 'stops')
  await there.core.append('more')
  connect(there, seed)
  await expect.poll(() => [there.core.closed, seed.core.closed], POLL).toEqual([true, true])
  expect([there.conflicts, seed.conflicts]).toEqual([1, 1])
  expect(printed).not.toHaveBeenCalled()
  // And is open again at once: it was not frozen.
  const again = there.store.get({ key: there.core.key }) as unknown as Core
  await again.ready()
  expect((await again.get(1, { wait: false }))?.toString()).toBe('there')
})
