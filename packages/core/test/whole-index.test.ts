import Hypercore from 'hypercore'
import { expect, onTestFinished, test, vi } from 'vitest'
import { keepPeersAcrossForks } from '../src/holepunch/fork-workarounds.js'
import { keepIndexWhole, type Patience } from '../src/holepunch/whole-index.js'
import { PlainReader } from './support/plain-reader.js'
import { exportKey, freshMachine, newSite, pin, publish } from './support/seeded-site.js'
import { localDht, ownSeed } from './support/seeds.js'
import { tempDir, until, type Workshop } from './support/workshop.js'

/** Two seeds that take the head of the index and no more blocks of it while `isCut` says so, as when a publisher is killed. */
async function siteOnTwoSeeds() {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  exportKey(shop)
  const cut = { isCut: false }
  const open = (at?: Parameters<typeof ownSeed>[2]) =>
    ownSeed(bootstrap, { allows: (key) => !(cut.isCut && key === shop.key) }, at)
  const seeds = await Promise.all([open(), open()])
  pin(
    shop,
    seeds.map(({ key }) => key),
    1
  )
  shop.write({ 'index.html': 'two', 'kept.html': 'kept' })
  await publish(shop, bootstrap)
  return { bootstrap, shop, seeds, cut }
}

/** A publish whose index comes to no seed as a whole: each of its new pages is a block of the index. */
async function publishCut(shop: Workshop, bootstrap: Awaited<ReturnType<typeof localDht>>): Promise<void> {
  const pages = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`new-${n}.html`, `new ${n}`]))
  shop.write(pages)
  const { seeds } = await publish(shop, bootstrap, { seedTimeouts: { stallMs: 5_000 } })
  expect(seeds.map(({ confirmed }) => confirmed)).toEqual([false, false])
}

/** The paths that are in one alone, or that have other bytes. */
function differing(one: Record<string, string>, other: Record<string, string>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => one[name] !== other[name]
  )
}

test('a publish that ends while its index is on the way is gone on without, and its author hears of it', async () => {
  const { bootstrap, shop, seeds, cut } = await siteOnTwoSeeds()
  const before = seeds[0]?.host.sizeOf(shop.key)
  const early = await PlainReader.open(bootstrap, shop.key, seeds[0]?.key)
  expect(await early.files(2)).toMatchObject({ 'index.html': 'two' })
  const server = freshMachine(shop)
  const second = shop.onDisk()
  cut.isCut = true
  await publishCut(shop, bootstrap)
  cut.isCut = false
  for (const { host } of seeds) await until(() => host.sizeOf(shop.key)?.length === before?.length)
  expect(seeds[0]?.host.sizeOf(shop.key)).toEqual(before)

  // No reader has heard of the part.
  const late = await PlainReader.open(bootstrap, shop.key, seeds[1]?.key)
  for (const reader of [early, late]) expect(differing(await reader.files(2), second)).toEqual([])

  server.write({ 'index.html': 'from the build server' })
  const published = await publish(server, bootstrap)
  expect(published).toMatchObject({ release: 3, changed: 1, added: 0 })
  for (const reader of [early, late]) {
    expect(differing(await reader.files(3), server.onDisk())).toEqual([])
    expect(reader.conflicts).toBe(0)
  }

  const next = await publish(shop, bootstrap)
  expect(next).toMatchObject({ release: 4, notes: { overtaken: { release: 3 } } })
  expect(await early.files(4)).toMatchObject({ 'new-7.html': 'new 7' })
})

/** A core of an author, one that is kept whole as a seed keeps an index, and one of a plain reader. */
async function threeCores(leastMs = 100, silentMs = 60_000) {
  const author = new Hypercore(tempDir())
  await author.append(numbered('old', 3))
  const dir = tempDir()
  const seed = new Hypercore(dir, author.key)
  const waits = patience(leastMs, silentMs)
  keepIndexWhole(seed, waits)
  const reader = new Hypercore(tempDir(), author.key)
  await seed.ready()
  await reader.ready()
  onTestFinished(async () => {
    for (const core of [author, seed, reader]) await core.close()
  })
  return { author, seed, reader, dir, waits }
}

function patience(leastMs: number, silentMs = 60_000): Patience {
  return { leastMs, mostMs: 2 * leastMs, silentMs }
}

function numbered(name: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, n) => Buffer.from(`${name} ${n}`))
}

/** @returns ends the connection */
function connect(one: Hypercore, other: Hypercore): () => void {
  const ends = [one.replicate(true), other.replicate(false)] as const
  for (const end of ends) end.on('error', () => {}) // ends the other one
  ends[0].pipe(ends[1]).pipe(ends[0])
  const cut = () => void ends[0].destroy()
  onTestFinished(cut)
  return cut
}

/** The seed has all of the first state, and of the second one its head and one block. `cut` ends its link to the author. */
async function withPart(leastMs?: number) {
  const cores = await threeCores(leastMs)
  const { author, seed } = cores
  let cut = connect(author, seed)
  await seed.download({ start: 0, end: 3 }).done()
  cut()
  await author.append(numbered('new', 20))
  cut = connect(author, seed)
  await until(() => seed.length === author.length)
  await seed.get(4, { timeout: 60_000 })
  return { ...cores, cut }
}

test('a reader hears of a state when all of it is here; it is kept while somebody has the rest', async () => {
  const { author, seed, reader } = await withPart(1)
  connect(reader, seed)
  // What blocks the seed has comes after the state.
  await until(() => reader.peers[0]?.remoteContiguousLength === 3)
  expect([seed.length, reader.length]).toEqual([author.length, 0])

  await seed.download({ start: 0, end: seed.length }).done()
  await until(() => reader.length === author.length)
  expect((await reader.get(22, { timeout: 60_000 }))?.toString()).toBe('new 19')
})

test('a state that nobody can send any more is given up, and taken again from who has all of it', async () => {
  const { author, seed, reader, cut } = await withPart()
  cut()
  await until(() => seed.length === 3)
  connect(reader, seed)
  await reader.update({ wait: true })
  expect(reader.length).toBe(3)
  expect((await reader.get(2, { timeout: 60_000 }))?.toString()).toBe('old 2')

  connect(author, seed)
  await until(() => seed.length === author.length)
  await seed.download({ start: 0, end: seed.length }).done()
  await until(() => reader.length === author.length)
  expect(await seed.treeHash()).toEqual(await author.treeHash())
  expect((await reader.get(22, { timeout: 60_000 }))?.toString()).toBe('new 19')
})

test('a state is not taken from who has a part of it, and not brought back by whom it was taken from', async () => {
  const { author, seed, reader, cut } = await withPart()
  const away = connect(author, reader)
  await until(() => reader.length === author.length)
  await reader.download({ start: 0, end: 22 }).done() // it could prove the state
  away()
  const leave = connect(reader, seed)
  await until(() => seed.peers.length === 2)
  cut()
  await until(() => seed.length === 3)
  let growths = 0
  seed.on('append', () => growths++)
  leave()
  await until(() => seed.peers.length === 0)
  connect(reader, seed)
  await until(() => seed.peers.length === 1 && reader.peers[0]?.remoteSynced === true)
  const other = new Hypercore(tempDir(), author.key)
  onTestFinished(() => other.close())
  connect(other, seed)
  await other.update({ wait: true })
  expect((await other.get(2, { timeout: 60_000 }))?.toString()).toBe('old 2')
  expect([other.length, seed.length, growths]).toEqual([3, 3, 0])
})

test('who says that it has all of a state, and does not send it, is not waited for without end', async () => {
  const { author, seed, reader, waits, cut } = await withPart(60_000)
  const liar = new Hypercore(tempDir(), author.key)
  onTestFinished(() => liar.close())
  const leave = connect(author, liar)
  await until(() => liar.length === author.length)
  await liar.download({ start: 0, end: 22 }).done() // it can prove the state
  leave()
  cut()
  await until(() => seed.peers.length === 0)
  connect(liar, seed)
  await until(() => seed.peers.length === 1 && liar.peers[0]?.remoteOpened === true)
  const peer = liar.peers[0] as Hypercore.Peer & { wireRange: { send(message: object): void } }
  const answer = peer.onrequest.bind(peer)
  peer.onrequest = async (request: { block?: { index: number } | null }) => {
    if (request.block?.index !== 22) await answer(request)
  }
  waits.silentMs = 1_000 // from when the liar is known to have all: before, the seed may take long to get here
  peer.wireRange.send({ drop: false, start: 0, length: author.length })
  void seed.download({ start: 0, end: 23 })
  await until(() => seed.length === 3)
  let growths = 0
  seed.on('append', () => growths++)
  await until(() => liar.peers[0]?.remoteLength === 3) // it answers that it can bring the state back
  connect(reader, seed)
  await reader.update({ wait: true })
  expect((await reader.get(2, { timeout: 60_000 }))?.toString()).toBe('old 2')
  expect([reader.length, seed.length, growths]).toEqual([3, 3, 0])
})

test('a first state of which a part came is given up, too', async () => {
  const { author, seed, reader } = await threeCores()
  const cut = connect(author, seed)
  await until(() => seed.length === 3)
  cut()
  await until(() => seed.length === 0)
  connect(reader, seed)
  connect(author, seed)
  await until(() => seed.length === 3)
  await seed.download({ start: 0, end: 3 }).done()
  await until(() => reader.length === 3)
})

test('a first state that is given up does not keep a seed from one at a lower fork', async () => {
  const { author, seed, reader } = await threeCores()
  let cut = connect(author, reader)
  await until(() => reader.length === 3)
  await reader.download({ start: 0, end: 3 }).done()
  cut()
  await author.truncate(3, { fork: author.fork + 7 })
  await author.append(numbered('new', 3))
  cut = connect(author, seed)
  await until(() => seed.length === 6)
  cut()
  await until(() => seed.length === 0)
  connect(reader, seed)
  await until(() => seed.length === 3)
  expect(seed.fork).toBe(reader.fork)
})

test('a peer is not told of a part, however early its connection was opened', async () => {
  const author = new Hypercore(tempDir())
  await author.append(numbered('old', 3))
  const seed = new Hypercore(tempDir(), author.key)
  const reader = new Hypercore(tempDir(), author.key)
  await seed.ready()
  onTestFinished(async () => {
    for (const core of [author, seed, reader]) await core.close()
  })
  const end = seed.replicate(false)
  await seed.getUserData('any') // the core is attached to the connection meanwhile
  keepIndexWhole(seed, patience(60_000))
  await seed.getUserData('any')
  const far = reader.replicate(true)
  for (const each of [end, far]) each.on('error', () => {}) // ends the other one
  far.pipe(end).pipe(far)
  await until(() => seed.peers.length === 1)
  connect(author, seed)
  await until(() => seed.length === 3)
  await seed.get(1, { timeout: 60_000 })
  await until(() => reader.peers[0]?.remoteBitfield.get(1) === true)
  expect(reader.length).toBe(0)
})

test('a core that is closed at once, or whose kept state is damaged, ends no process', async () => {
  const { author, seed, dir } = await threeCores()
  await seed.setUserData('sitedrive/whole-head', Buffer.from('{'))
  await seed.close()
  const closed = new Hypercore(dir, author.key)
  await closed.ready()
  keepIndexWhole(closed)
  await closed.close()
  const damaged = new Hypercore(dir, author.key)
  onTestFinished(() => damaged.close())
  keepIndexWhole(damaged, patience(1))
  connect(author, damaged)
  await until(() => damaged.length === 3)
  await damaged.download({ start: 0, end: 3 }).done()
})

test('a reader that asks at the old fork, while the new one is slow to come, is not lost', async () => {
  const { author, seed, reader } = await threeCores(60_000)
  keepPeersAcrossForks(seed)
  const cut = connect(author, seed)
  await seed.download({ start: 0, end: 3 }).done()
  connect(reader, seed)
  await until(() => reader.length === 3)
  cut()
  await author.truncate(3, { fork: author.fork + 7 })
  await author.append(numbered('new', 20))
  connect(author, seed)
  await until(() => seed.length === author.length)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000)
  onTestFinished(() => void vi.restoreAllMocks())
  const waiting = reader.get(1, { timeout: 60_000 })
  await until(() => seed.peers.some(({ remoteRequests }) => remoteRequests.size > 0))
  await seed.download({ start: 0, end: 23 }).done()
  await until(() => reader.length === author.length)
  expect((await waiting)?.toString()).toBe('old 1')
})

test('the next process knows the state to go back to, also across forks', async () => {
  const { author, seed, dir } = await threeCores()
  let cut = connect(author, seed)
  await seed.download({ start: 0, end: 3 }).done()
  cut()
  const fork = author.fork
  await author.truncate(3, { fork: fork + 7 })
  await author.append(numbered('new', 20))
  cut = connect(author, seed)
  await until(() => seed.length === author.length)
  await seed.close()
  cut()

  const later = new Hypercore(dir, author.key)
  onTestFinished(() => later.close())
  keepIndexWhole(later, patience(100))
  await until(() => later.length === 3 && later.fork === fork)
  connect(author, later)
  await until(() => later.length === author.length)
  await later.download({ start: 0, end: later.length }).done()
  expect(await later.treeHash()).toEqual(await author.treeHash())
})

test('a state that was replaced, and not continued, is not gone back to: others are told of what is here', async () => {
  const { author, seed, reader } = await threeCores()
  let cut = connect(author, seed)
  await seed.download({ start: 0, end: 3 }).done()
  cut()
  await author.truncate(1, { fork: author.fork + 7 })
  await author.append(numbered('other', 20))
  cut = connect(author, seed)
  await until(() => seed.length === author.length)
  cut()
  connect(reader, seed)
  await until(() => reader.length === author.length)
  expect(seed.length).toBe(21)
})
