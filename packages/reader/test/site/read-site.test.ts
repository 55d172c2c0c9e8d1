import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { HeldState } from '@sitedrive/mirror/parts'
import { ReadSite, type ReadSiteOptions } from '../../src/site/read-site.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { HandMadeDrive } from '../../../mirror/test/support/hand-made-drive.js'
import { later } from '../../../mirror/test/support/later.js'
import { localNetwork } from '../../../mirror/test/support/local-network.js'
import { PublishedSite } from '../../../mirror/test/support/published-site.js'
import { until } from '../../../mirror/test/support/until.js'
import { VanillaDrive } from '../support/vanilla-drive.js'

async function read(key: string, options: Partial<ReadSiteOptions> = {}): Promise<ReadSite> {
  const network = options.network === undefined ? await localNetwork() : options.network
  const dir = options.dir ?? path.join(tempDir(), 'site')
  const site = await ReadSite.open({
    key,
    isShared: true,
    maxBytes: 1e9,
    stallMs: 20_000,
    ...options,
    dir,
    network
  })
  later(() => site.close())
  return site
}

async function textAt(held: HeldState | null, name: string): Promise<string | null> {
  if (!held) throw new Error('nothing is shown')
  try {
    const entry = await held.drive.entry(name, 20_000)
    return entry?.blob ? (await buffer(held.drive.stream(entry.blob))).toString() : null
  } finally {
    held.release()
  }
}

const FIRST_PAGE_MS = 30_000

describe('a site that is read', () => {
  test('shows its first page, then all of it, with the title and the record of the release', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': '<title>Home sweet home</title>', 'a.txt': 'a' })
    await site.goOnline()
    const reading = await read(site.key)
    expect(await reading.firstPage(FIRST_PAGE_MS)).toBe(true)
    expect(await textAt(reading.hold(), '/a.txt')).toBe('a')
    await until('all of it', () => reading.isComplete && reading.release !== null)
    expect([reading.release?.release, reading.title, reading.peers]).toEqual([1, 'Home sweet home', 1])
    expect(reading.progress.held).toBe(reading.progress.known)
  })

  test('is shown without a network when it was fetched before', async () => {
    const vanilla = await VanillaDrive.open()
    await vanilla.put({ '/index.html': 'plain' })
    const dir = path.join(tempDir(), 'site')
    const first = await read(vanilla.key, { dir })
    await until('all of it', () => first.isComplete)
    await first.close()
    const again = await read(vanilla.key, { dir, network: null })
    expect(await again.firstPage(1)).toBe(true)
    expect(await textAt(again.hold(), '/index.html')).toBe('plain')
    expect([again.release, again.isComplete]).toEqual([null, true])
  })

  test('can be closed at the moment at which its release is here, and is being read', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': '<title>Home</title>' })
    await site.goOnline()
    for (let time = 0; time < 5; time++) {
      const reading = await read(site.key)
      const end = performance.now() + 60_000
      while (!reading.isComplete && performance.now() < end) await nextTurn()
      expect(reading.isComplete).toBe(true)
      await reading.close() // what is left behind would reject, and end the process
    }
  })

  test('is handed on: another reads all of it when its author is gone', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': 'home', 'big.bin': randomBytes(300_000) })
    await site.goOnline()
    const second = await read(site.key)
    await until('all of it at the second', () => second.isComplete)
    await site.goOffline()
    const third = await read(site.key)
    await until('all of it at the third', () => third.isComplete)
    expect(await textAt(third.hold(), '/index.html')).toBe('home')
  })

  test('that is larger than the limit is fetched page by page', async () => {
    const drive = await HandMadeDrive.open()
    const large = await drive.store(randomBytes(3_000_000))
    const page = await drive.store(Buffer.from('a page'))
    await drive.point({ '/index.html': page, '/large.bin': large })
    const reading = await read(drive.key, { maxBytes: 1_000_000 })
    expect(await reading.firstPage(FIRST_PAGE_MS)).toBe(true)
    expect(await textAt(reading.hold(), '/index.html')).toBe('a page')
    await until('it is known how large it is', () => reading.isTooLarge)
    const { held, known } = reading.progress
    expect(held).toBeLessThan(known)
    expect(reading.state).toBeNull()
    expect((await textAt(reading.hold(), '/large.bin'))?.length).toBeGreaterThan(1_000_000)
  })

  test('has its old releases, and none that it never had', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': 'first' })
    await site.publish({ 'index.html': 'second' })
    await site.goOnline()
    const reading = await read(site.key)
    await until('all of it', () => reading.isComplete)
    expect(await textAt(await reading.holdRelease(1), '/index.html')).toBe('first')
    expect(await textAt(reading.hold(), '/index.html')).toBe('second')
    expect(await reading.holdRelease(3)).toBeNull()
    expect(reading.holdVersion(10 ** 9)).toBeNull()
  })

  test('keeps its last whole release when a newer one has files that are not what was signed', async () => {
    const drive = await HandMadeDrive.open()
    const right = await drive.store(Buffer.from('right'))
    await drive.sign({ '/index.html': { blob: right, as: Buffer.from('right') } })
    const reading = await read(drive.key)
    await until('the first state', () => reading.isComplete)
    const version = reading.state?.version
    await drive.sign({
      '/index.html': { blob: await drive.store(Buffer.from('wrong')), as: Buffer.from('other') }
    })
    await until('the damage is known', () => reading.damaged.length > 0)
    expect(reading.damaged.map((each) => each.path)).toEqual(['/index.html'])
    expect(reading.state?.version).toBe(version)
    expect(await textAt(reading.hold(), '/index.html')).toBe('right')
  })

  test('that is no drive says so', async () => {
    const vanilla = await VanillaDrive.open()
    await vanilla.put({ '/index.html': 'x' })
    const key = await vanilla.otherCore([randomBytes(100)])
    const reading = await read(key)
    await until('the problem', () => reading.problem !== null)
    expect(reading.problem?.message).toContain('is no site')
    expect(await reading.firstPage(1)).toBe(false)
  })
})
