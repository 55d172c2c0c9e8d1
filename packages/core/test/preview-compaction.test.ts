import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { keyPair } from 'hypercore-crypto'
import { encodeKey } from '../src/holepunch/site-key.js'
import { Network } from '../src/holepunch/network.js'
import { SeedDialler } from '../src/holepunch/seed-link.js'
import type { SiteWriter } from '../src/holepunch/site-store.js'
import { openPreview, testDht, Viewer } from './support/preview.js'
import { vanillaSeed } from './support/seeds.js'
import { until, Workshop } from './support/workshop.js'

const MB = 2 ** 20
/** How long peers may take to be equal in the end: each look at one reads a thousand pages. */
const CALM_MS = 90_000

function bytesIn(dir: string): number {
  let bytes = 0
  for (const item of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    // The store deletes files of its own while it is looked at.
    if (item.isFile())
      bytes += statSync(path.join(item.parentPath, item.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** Text that no store can make smaller. */
function page(name: string, kilobytes: number): string {
  return `<h1>${name}</h1>${randomBytes(kilobytes * 512).toString('hex')}`
}

const isLong = Boolean(process.env['SITEDRIVE_LONG'])

describe.each([
  { rounds: isLong ? 1000 : 300, pages: 10, changedEach: 10, kilobytes: 24 },
  { rounds: isLong ? 1000 : 150, pages: 1000, changedEach: 10, kilobytes: 12 }
])('$rounds rebuilds of $pages pages, $changedEach changed in each', (site) => {
  const { rounds, pages, changedEach, kilobytes } = site
  test(
    'keep the store small, and no peer loses its connection or a page',
    { tags: 'long', timeout: 400_000 },
    async () => {
      const names = Array.from({ length: pages }, (_, n) => `page-${n}.html`)
      const author = new Workshop(Object.fromEntries(names.map((name) => [name, page(name, kilobytes)])))
      const liveBytes = pages * kilobytes * 1024
      const bootstrap = await testDht()
      const preview = await openPreview(author, { bootstrap })
      await preview.update(author.dir)
      const viewer = await Viewer.open(preview.link, bootstrap)
      await until(() => viewer.whole !== null)
      // A blind peer, which knows neither names nor contents.
      const identity = keyPair(randomBytes(32))
      const seed = await vanillaSeed(bootstrap, [encodeKey(identity.publicKey)])
      const dialler = new SeedDialler(identity, bootstrap)
      onTestFinished(() => dialler.close())
      const link = await dialler.dial(seed.key, 10_000)
      const { writer } = (preview as unknown as { parts: { drive: { writer: SiteWriter } } }).parts.drive
      link.offer(writer, 'index')
      link.offer(writer, 'blobs')
      const store = path.join(author.home, 'previews')
      // On a busy machine a viewer may miss a new fork: then the author ends its connection, and it comes back.
      const leftBehind = vi.spyOn(Network.prototype, 'drop')
      onTestFinished(() => leftBehind.mockRestore())

      let largest = 0
      let newcomer: Viewer | null = null
      for (let round = 0; round < rounds; round++) {
        const touched = Array.from({ length: changedEach }, (_, n) => names[(round * 7 + n) % pages] ?? '')
        author.write(Object.fromEntries(touched.map((name) => [name, page(`${name} ${round}`, kilobytes)])))
        await preview.update(
          author.dir,
          touched.map((name) => `/${name}`)
        )
        if (round % 10 === 0) largest = Math.max(largest, bytesIn(store))
        if (round === rounds / 2) newcomer = await Viewer.open(preview.link, bootstrap)
      }
      expect(largest).toBeLessThan(liveBytes + 64 * MB)
      const wanted = author.onDisk()
      for (const peer of [viewer, newcomer]) {
        await until(async () => {
          const files = await peer?.files()
          return names.every((name) => files?.[name] === wanted[name])
        }, CALM_MS)
        expect(peer?.conflicts).toBe(0)
        expect(peer?.dropped.length, peer?.dropped.join()).toBeLessThanOrEqual(leftBehind.mock.calls.length)
      }
      expect(link.isClosed).toBe(false)
      await until(() => {
        const [index, blobs] = [link.holding(writer, 'index'), link.holding(writer, 'blobs')]
        return (
          index?.contiguousLength === writer.coreLength('index') &&
          blobs?.contiguousLength === writer.coreLength('blobs')
        )
      }, CALM_MS)

      // Everybody else is gone.
      await preview.close()
      await viewer.network.close()
      await newcomer?.network.close()
      const late = await Viewer.open(preview.link, bootstrap)
      await until(async () => {
        const files = await late.files()
        return names.every((name) => files[name] === wanted[name])
      }, CALM_MS)
    }
  )
})
