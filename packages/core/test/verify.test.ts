import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { sitePaths } from '../src/machine/data-dir.js'
import { openFollower } from '../src/holepunch/follower.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { openSiteWriter, type SiteWriter } from '../src/holepunch/site-store.js'
import { verifyRelease } from '../src/history/verify-release.js'
import { tempDir, Workshop } from './support/workshop.js'

const FILES = { 'index.html': 'home', 'a/b.css': 'b{}', 'large.bin': Buffer.alloc(200_000, 'x') }

async function writerOf({ paths, key }: Workshop): Promise<SiteWriter> {
  const secret = Buffer.from(readFileSync(paths.secret, 'utf8').trim(), 'hex')
  const writer = await openSiteWriter(paths.store, deriveKeys(secret))
  expect(writer.key).toBe(key)
  return writer
}

function verified({ projectDir, env }: Workshop, release?: number) {
  return verifyRelease(projectDir, env, { release })
}

test('all files of a release that are what was signed are counted, of an old one as well', async () => {
  const site = new Workshop(FILES)
  await site.publish()
  site.write({ 'index.html': 'home, again' })
  site.remove('large.bin')
  await site.publish({ allow: { shrink: true } })
  const bytes = 'home, again'.length + 3
  expect(await verified(site)).toMatchObject({
    key: site.key,
    release: 2,
    files: 2,
    bytes,
    checked: 2,
    checkedBytes: bytes,
    damaged: [],
    notHeld: []
  })
  expect(await verified(site, 1)).toMatchObject({
    release: 1,
    files: 3,
    checked: 3,
    bytes: 200_007,
    damaged: []
  })
})

test('a file whose bytes are others is named; so is one whose bytes the index puts where there are none', async () => {
  const site = new Workshop(FILES)
  await site.publish()
  const writer = await writerOf(site)
  const { blobsLength } = await writer.state()
  const entry = await writer.entry('/index.html')
  const blob = entry?.blob
  if (!blob) throw new Error('the page has no bytes')
  // The fault of a publish: the index stays, and other blocks come to lie where it points.
  await writer.bump(2 ** 41, 0)
  const blocks = Array.from({ length: blobsLength - 1 }, () => Buffer.from('else'))
  await writer.append(blocks)
  await writer.close()
  const found = await verified(site)
  expect(found.damaged.map(({ path }) => path)).toEqual([
    '/.well-known/sitedrive.json',
    '/a/b.css',
    '/index.html',
    '/large.bin'
  ])
  expect(new Set(found.damaged.map(({ why }) => why))).toEqual(
    new Set([
      'its bytes are not those that were signed',
      'the index says that its bytes are where there are none'
    ])
  )
  expect(found.notHeld).toEqual([])
})

test('files that are not on this machine are named, and count neither way', async () => {
  const site = new Workshop(FILES)
  await site.publish()
  const home = tempDir()
  const elsewhere = await openFollower(sitePaths(home, site.key).store, site.key)
  const writer = await writerOf(site)
  const [here, there] = [writer.replicate(true), elsewhere.replicate(false)] as [Duplex, Duplex]
  here.pipe(there).pipe(here)
  await expect.poll(() => elsewhere.version, { timeout: 60_000 }).toBe(writer.version)
  const entry = await elsewhere.entry('/index.html', 8_000)
  if (!entry?.blob) throw new Error('the page has no bytes')
  await expect.poll(async () => (await elsewhere.state()).blobsLength, { timeout: 60_000 }).toBeGreaterThan(0)
  expect(await elsewhere.fetchIndex(8_000)).toBe(true)
  await elsewhere.read(entry.blob, 8_000)
  here.destroy()
  there.destroy()
  await elsewhere.close()
  await writer.close()

  const found = await verifyRelease(site.projectDir, { SITEDRIVE_HOME: home })
  expect(found).toMatchObject({ files: 3, checked: 1, checkedBytes: 4, damaged: [] })
  expect(found.notHeld).toEqual(['/.well-known/sitedrive.json', '/a/b.css', '/large.bin'])
})

test('a release that there is not is an error, and so is a folder without a site', async () => {
  const site = new Workshop(FILES)
  await expect(verified(site)).rejects.toMatchObject({ code: 'NO_PROJECT' })
  await site.publish()
  await expect(verified(site, 7)).rejects.toMatchObject({ code: 'NO_SUCH_RELEASE' })
  const env = { SITEDRIVE_HOME: tempDir() }
  await expect(verifyRelease(site.projectDir, env)).rejects.toMatchObject({ code: 'STORE_EMPTY' })
})
