import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { openFollower } from '@sitedrive/core/drive'
import { describe, expect, test } from 'vitest'
import { followSite, type FollowedSite } from '../src/copy/follow.js'
import { tempDir } from './support/folders.js'
import { HandMadeDrive } from './support/hand-made-drive.js'
import { follow, localNetwork } from './support/local-network.js'
import { PublishedSite } from './support/published-site.js'
import { until } from './support/until.js'

/** A file of the last complete state, or null. */
async function read(site: FollowedSite, name: string): Promise<string | null> {
  const held = site.hold()
  if (!held) throw new Error('no complete state')
  try {
    const entry = await held.drive.entry(name)
    return entry?.blob ? (await buffer(held.drive.stream(entry.blob))).toString() : null
  } finally {
    held.release()
  }
}

describe('a followed site', () => {
  test('is the same drive, file by file', async () => {
    const drive = await HandMadeDrive.open()
    const version = await drive.point({
      '/index.html': await drive.store(Buffer.from('home')),
      '/a/b.txt': await drive.store(Buffer.from('b'))
    })
    const site = await follow(drive.key)
    expect(await site.ready(8_000)).toBe(true)
    expect(site.state?.version).toBe(version)
    expect(site.newestVersion).toBe(version)
    expect(site.peers).toBe(1)
    expect(site.problem).toBeNull()
    expect(await read(site, '/index.html')).toBe('home')
    expect(await read(site, '/a/b.txt')).toBe('b')
    expect(await read(site, '/c.txt')).toBeNull()
  })

  test('can be named by a link, and by any spelling of its key', async () => {
    const key = `${'y'.repeat(51)}o`
    const site = await follow(`hyper://${'Y'.repeat(51)}6/some/page`, { network: null })
    expect(site.key).toBe(key)
  })

  test('is found by those who looked for it together before anybody had it', async () => {
    const site = new PublishedSite()
    await site.publish({ 'index.html': 'home' })
    const one = await follow(site.key, { announce: true })
    const other = await follow(site.key, { announce: true })
    await until('they have found one another', () => one.peers === 1 && other.peers === 1)
    await site.goOnline({ find: false })
    await until('both have it', () => one.state !== null && other.state !== null)
  })

  test('shows the second release in place of the first, and tells of it', async () => {
    const drive = await HandMadeDrive.open()
    const blob = await drive.store(Buffer.from('first'))
    await drive.point({ '/index.html': blob, '/old.txt': blob })
    const site = await follow(drive.key)
    await site.ready(8_000)
    const seen: number[] = []
    const stop = site.onState(({ version }) => seen.push(version))

    const second = await drive.point({
      '/index.html': await drive.store(Buffer.from('second')),
      '/old.txt': null
    })
    await until('the second release', () => site.state?.version === second)
    expect(await read(site, '/index.html')).toBe('second')
    expect(await read(site, '/old.txt')).toBeNull()
    expect(seen).toEqual([second])

    stop()
    const third = await drive.point({ '/index.html': blob })
    await until('the third release', () => site.state?.version === third)
    expect(await read(site, '/index.html')).toBe('first')
    expect(seen).toEqual([second])
  })

  test('shows a release only when every blob of it is here', async () => {
    const drive = await HandMadeDrive.open()
    const first = await drive.point({ '/index.html': await drive.store(Buffer.from('first')) })
    const site = await follow(drive.key)
    await site.ready(8_000)

    const content = randomBytes(300_000)
    const here = await drive.store(Buffer.from('second'))
    const second = await drive.point({ '/index.html': here, '/big.bin': drive.promise(content) })
    await until('the news of a second release', () => site.newestVersion === second)
    expect(site.state?.version).toBe(first)
    expect(await read(site, '/index.html')).toBe('first')

    await drive.store(content)
    await until('the second release', () => site.state?.version === second)
    expect(await read(site, '/index.html')).toBe('second')
  })

  test('goes on to a newer release when one before it has a hole for ever', async () => {
    const drive = await HandMadeDrive.open()
    await drive.point({ '/index.html': await drive.store(Buffer.from('first')) })
    const site = await follow(drive.key, { overtakenMs: 50 })
    await site.ready(8_000)
    const nowhere = { blockOffset: 1_000, blockLength: 1, byteOffset: 0, byteLength: 5 }
    const second = await drive.point({ '/hole.txt': nowhere })
    await until('the second index', () => site.newestVersion === second)
    const third = await drive.point({ '/hole.txt': null, '/new.txt': await drive.store(Buffer.from('new')) })
    await until('the third release', () => site.state?.version === third)
    expect(await read(site, '/new.txt')).toBe('new')
  })

  test('goes along when its author moves to a higher fork', async () => {
    const drive = await HandMadeDrive.open()
    const blob = await drive.store(Buffer.from('first'))
    await drive.point({ '/index.html': blob })
    const site = await follow(drive.key)
    await site.ready(8_000)
    await drive.bump(7)
    await until('the fork', () => site.state?.fork === 7)
    expect(await read(site, '/index.html')).toBe('first')
    const second = await drive.point({
      '/index.html': await drive.store(Buffer.from('second')),
      '/old.txt': blob
    })
    await until('the second release', () => site.state?.version === second)
    expect(site.state).toMatchObject({ fork: 7, blobsFork: 7 })
    expect(await read(site, '/index.html')).toBe('second')
    expect(await read(site, '/old.txt')).toBe('first')
  })

  test('is not ready while its author has published nothing but the head of a drive', async () => {
    const drive = await HandMadeDrive.open()
    expect(await drive.point({ '/nothing.txt': null })).toBe(1)
    const site = await follow(drive.key)
    await until('the head', () => site.peers === 1 && site.newestVersion === 1)
    expect(await site.ready(100)).toBe(false)
    await drive.point({ '/index.html': await drive.store(Buffer.from('first')) })
    expect(await site.ready(8_000)).toBe(true)
  })

  test('keeps a held state readable after it was replaced', async () => {
    const drive = await HandMadeDrive.open()
    await drive.point({ '/index.html': await drive.store(Buffer.from('first')) })
    const site = await follow(drive.key)
    await site.ready(8_000)
    const held = site.hold()
    const second = await drive.point({ '/index.html': await drive.store(Buffer.from('second')) })
    await until('the second release', () => site.state?.version === second)

    const entry = await held!.drive.entry('/index.html')
    expect((await buffer(held!.drive.stream(entry!.blob!))).toString()).toBe('first')
    held!.release()
    expect(await read(site, '/index.html')).toBe('second')

    await until('the end of what nobody uses any more', () =>
      held!.drive.entry('/index.html').then(
        () => false,
        () => true
      )
    )
  })

  test('is shown at once after a restart without any network', async () => {
    const drive = await HandMadeDrive.open()
    const version = await drive.point({ '/index.html': await drive.store(Buffer.from('home')) })
    const dir = tempDir()
    const before = await follow(drive.key, { dir })
    await before.ready(8_000)
    await before.close()

    const site = await follow(drive.key, { dir, network: null })
    expect(site.state?.version).toBe(version)
    expect(await read(site, '/index.html')).toBe('home')
  })

  test('is shown as it last was complete after a restart in the middle of a fetch', async () => {
    const drive = await HandMadeDrive.open()
    const first = await drive.point({ '/index.html': await drive.store(Buffer.from('first')) })
    const dir = tempDir()
    const before = await follow(drive.key, { dir })
    await before.ready(8_000)
    const second = await drive.point({ '/index.html': drive.promise(Buffer.from('second')) })
    await until('the second index', () => before.newestVersion === second)
    await before.close()

    const site = await follow(drive.key, { dir, network: null })
    expect(site.state?.version).toBe(first)
    expect(await read(site, '/index.html')).toBe('first')
  })

  test('is not ready when nobody has it, and says so at the deadline', async () => {
    const site = await follow('y'.repeat(52))
    const startedAt = performance.now()
    expect(await site.ready(100)).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(site.state).toBeNull()
    expect(site.hold()).toBeNull()
  })

  test('stops waiting when it is closed', async () => {
    const site = await follow('y'.repeat(52))
    const ready = site.ready(60_000)
    await site.close()
    expect(await ready).toBe(false)
    expect(site.peers).toBe(0)
  })

  test('can be closed twice, in the middle of a fetch, and lets go of its folder', async () => {
    const drive = await HandMadeDrive.open()
    const dir = tempDir()
    const site = await follow(drive.key, { dir })
    const version = await drive.point({ '/index.html': drive.promise(Buffer.from('never there')) })
    await until('the index', () => site.newestVersion === version)
    expect(site.state).toBeNull()
    await Promise.all([site.close(), site.close()])
    expect(site.hold()).toBeNull()

    const reopened = await openFollower(path.join(dir, 'drive'), drive.key)
    await reopened.close()
  })

  test('does not disturb the other sites of its network when it is closed', async () => {
    const network = await localNetwork()
    const [one, other] = [await HandMadeDrive.open(), await HandMadeDrive.open()]
    await one.point({ '/index.html': await one.store(Buffer.from('one')) })
    await other.point({ '/index.html': await other.store(Buffer.from('other')) })
    const closed = await follow(one.key, { network })
    await closed.close() // its peers are still being looked for, and found
    const site = await follow(other.key, { network })
    expect(await site.ready(8_000)).toBe(true)
  })

  test('refuses a folder that is in use, and a key that is none', async () => {
    const dir = tempDir()
    const site = await follow('y'.repeat(52), { dir, network: null })
    await expect(followSite({ key: site.key, dir, network: null })).rejects.toMatchObject({
      code: 'STORE_LOCKED'
    })
    await expect(followSite({ key: 'nonsense', dir, network: null })).rejects.toMatchObject({
      code: 'BAD_KEY'
    })
  })
})
