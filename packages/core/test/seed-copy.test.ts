import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import type Hypercore from 'hypercore'
import { readLog } from '../src/history/release-log.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { SeedCopy } from '../src/holepunch/seed-copy.js'
import { SeedDialler, type SeedLink } from '../src/holepunch/seed-link.js'
import { encodeKey } from '../src/holepunch/site-key.js'
import { openSiteReader, openSiteWriter, type SiteWriter } from '../src/holepunch/site-store.js'
import { SeedUplink } from '../src/session/seed-uplink.js'
import { exportKey, freshMachine, newSite, pin, publish, QUICK } from './support/seeded-site.js'
import { localDht, ownSeed } from './support/seeds.js'
import { tempDir, until, type Workshop } from './support/workshop.js'

/** A seed that holds release 2 of a site, and takes no more blocks of its index when it is told so. */
async function siteOnSeed() {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  exportKey(shop)
  const cut = { isCut: false }
  const seed = await ownSeed(bootstrap, {
    isSite: () => false, // as a plain blind peer, which keeps a part of an index
    allows: (key) => !(cut.isCut && key === shop.key)
  })
  pin(shop, [seed.key])
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  return { bootstrap, shop, seed, cut }
}

/** An empty store, and its connection with a seed. */
async function dialled(
  shop: Workshop,
  bootstrap: Awaited<ReturnType<typeof localDht>>,
  seedKey: string,
  store = tempDir()
) {
  const keys = deriveKeys(Buffer.from(readFileSync(shop.paths.secret, 'utf8').trim(), 'hex'))
  const writer: SiteWriter = await openSiteWriter(store, keys)
  const dialler = new SeedDialler(keys.network, bootstrap)
  const link = dialler.dial(seedKey, 10_000)
  const cores = { site: shop.key, blobs: encodeKey(writer.coreOf('blobs').key) }
  const copy = await SeedCopy.open(link, cores, 10_000)
  onTestFinished(async () => {
    await dialler.close()
    await copy.close()
    await writer.close()
  })
  return { writer, link: await link, copy }
}

test('a core that was withdrawn from a seed can be offered to it again', async () => {
  const { bootstrap, shop, seed, cut } = await siteOnSeed()
  cut.isCut = true
  shop.write(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`new-${n}.html`, `new ${n}`])))
  await publish(shop, bootstrap, { seedTimeouts: QUICK })
  const { writer, link, copy } = await dialled(shop, bootstrap, seed.key)

  await copy.detach()
  expect(await link.fetch(writer, copy.heads, 1_000)).toBe(false) // the seed has a part of the index alone
  expect(await link.fetchBlob(writer, 0, 10_000)).toBe(true)
})

test('a machine that has a part of the index says so, and what fetches the rest', async () => {
  const { bootstrap, shop, seed, cut } = await siteOnSeed()
  cut.isCut = true
  shop.write(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`new-${n}.html`, `new ${n}`])))
  await publish(shop, bootstrap, { seedTimeouts: QUICK })
  const other = freshMachine(shop)
  const { writer, link, copy } = await dialled(shop, bootstrap, seed.key, other.paths.store)
  await copy.detach()
  expect(await link.fetch(writer, copy.heads, 1_000)).toBe(false)
  await writer.close()

  await expect(readLog(other.projectDir, other.env)).rejects.toThrow(
    /^This machine has only a part of the releases .* `npx sitedrive publish --sync`/
  )
})

test('a seed that moves to another fork while it is asked for a block is not taken to lack it', async () => {
  const { bootstrap, shop, seed } = await siteOnSeed()
  const other = freshMachine(shop)
  other.write({ 'index.html': 'three' })
  await publish(other, bootstrap) // moves the seed
  const { copy } = await dialled(shop, bootstrap, seed.key)
  expect(await copy.has('index', 0, 10_000)).toBe(true)

  // As if the question had been on its way before the move.
  const [peer] = (copy as unknown as { open: { index: Hypercore } }).open.index.peers
  if (!peer) throw new Error('the copy has no peer')
  const send = peer.wireRequest.send.bind(peer.wireRequest)
  peer.wireRequest.send = (message) => send({ ...message, fork: peer.remoteFork - 1 })
  expect(await copy.has('index', 0, 10_000)).toBe(null)
})

test('the bytes of a block that a seed has received are counted, and not those that open a connection', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const seed = await ownSeed(bootstrap)
  const { writer, link, copy } = await dialled(shop, bootstrap, seed.key)
  await copy.detach()
  // Else a seed that takes nothing, and is dialled again and again, is waited for without end.
  expect(link.newlyReceived()).toBe(0)
  await writer.coreOf('blobs').append([Buffer.alloc(1_000_000)])
  link.offer(writer, 'blobs')
  let received = 0
  await until(() => (received += link.newlyReceived()) > 900_000)
})

test('a seed whose connection ends after it has answered is asked anew', async () => {
  const { bootstrap, shop, seed } = await siteOnSeed()
  const keys = deriveKeys(Buffer.from(readFileSync(shop.paths.secret, 'utf8').trim(), 'hex'))
  const writer = await openSiteWriter(tempDir(), keys)
  const options = { seeds: [seed.key], confirm: 1, identity: keys.network, bootstrap }
  const uplink = new SeedUplink({ ...options, onProgress: undefined, signal: undefined })
  onTestFinished(async () => {
    await uplink.close()
    await writer.close()
  })
  uplink.begin({ site: shop.key, blobs: encodeKey(writer.coreOf('blobs').key) })
  expect(await uplink.isPartlyAnswered()).toBe(false) // it has answered

  // A seed keeps one connection with each publisher.
  const other = new SeedDialler(keys.network, bootstrap)
  const link = await other.dial(seed.key, 10_000)
  link.close()
  await other.close()
  await until(() => seed.host.connections === 0)
  expect(await uplink.ask(writer)).toMatchObject({ reached: 1, holdsMore: null })
  expect(writer.version).toBeGreaterThan(0)
  expect(await writer.hasWholeIndex()).toBe(true)
})

test('what is read back from a seed while the machine falls asleep is read back anew', async () => {
  const { bootstrap, shop, seed } = await siteOnSeed()
  const site = await openSiteReader(shop.paths.store, shop.key)
  const dialler = new SeedDialler(null, bootstrap)
  onTestFinished(async () => {
    await dialler.close()
    await site.close()
  })
  type Dial = (...given: unknown[]) => Promise<SeedLink>
  const dial = vi.spyOn(dialler as unknown as { dialAs: Dial }, 'dialAs')
  const { dialAs } = SeedDialler.prototype as unknown as { dialAs: Dial }
  let isDead = false
  dial.mockImplementationOnce(async (...given) => {
    const link = await dialAs.apply(dialler, given)
    link.copy = (core) => core // nothing comes over a connection that the other side has given up
    isDead = true
    return link
  })
  const proving = dialler.hasBlocks(seed.key, site, [{ part: 'index', index: 0 }], 60_000)
  await until(() => isDead)
  const now = Date.now.bind(Date)
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 30_000)
  onTestFinished(() => clock.mockRestore())
  expect(await proving).toBe(true)
  expect(dial).toHaveBeenCalledTimes(2)
})
