import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readHead, writeHead } from '../src/machine/signed-head.js'
import type { Address } from '../src/holepunch/bootstrap.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { openSiteWriter } from '../src/holepunch/site-store.js'
import { readLog } from '../src/history/release-log.js'
import { SeedUplink } from '../src/session/seed-uplink.js'
import { PlainReader } from './support/plain-reader.js'
import { exportKey, freshMachine, newSite, pin, publish, QUICK, seededSite } from './support/seeded-site.js'
import { localDht, ownSeed } from './support/seeds.js'
import { codeOfRejection, tempDir, Workshop } from './support/workshop.js'

const LARGE = 600_000

/** A site that one seed holds, and another machine that has its index and, of its files, only what it published itself. */
async function siteWithIndexOnly(): Promise<{
  bootstrap: Address[]
  shop: Workshop
  ci: Workshop
  seed: Awaited<ReturnType<typeof ownSeed>>
  replaceSeed: () => Promise<void>
}> {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const secret = randomBytes(32)
  const seed = await ownSeed(bootstrap, {}, { dir: tempDir(), secret })
  pin(shop, [seed.key])
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  const ci = freshMachine(shop)
  ci.write({ 'index.html': 'three, by another machine' })
  await publish(ci, bootstrap)
  const replaceSeed = async () => {
    await seed.close()
    await ownSeed(bootstrap, {}, { dir: tempDir(), secret })
  }
  return { bootstrap, shop, ci, seed, replaceSeed }
}

describe('after a publish that was cut off while its files were on the way', () => {
  /** The seed has heard of the new blobs and has few of them: it fetches no more, and the publisher is gone. */
  async function cutOff(): Promise<{ bootstrap: Address[]; shop: Workshop; versions: number[] }> {
    const bootstrap = await localDht()
    let mayGrow = true
    const { shop } = await newSite()
    exportKey(shop)
    const seed = await ownSeed(bootstrap, { allows: (_key, { byteLength }) => mayGrow || byteLength < LARGE })
    pin(shop, [seed.key])
    const versions: number[] = []
    for (const text of ['two', 'three']) {
      shop.write({ 'index.html': text })
      versions.push((await publish(shop, bootstrap)).version)
    }
    mayGrow = false
    const cut = freshMachine(shop)
    cut.write({ 'large.bin': randomBytes(LARGE), 'index.html': 'never published' })
    const publisher = cut.publisher({ bootstrap, seedTimeouts: QUICK })
    expect((await publisher.publish(cut.dir)).status).toBe('published') // unconfirmed, and its index was not offered
    mayGrow = true
    return { bootstrap, shop, versions }
  }

  test('a fresh machine stores only what changed, and every older release keeps its bytes', async () => {
    const { bootstrap, shop, versions } = await cutOff()
    const ci = freshMachine(shop)
    ci.write({ 'about.html': 'changed elsewhere' })
    expect(await publish(ci, bootstrap)).toMatchObject({
      release: 4,
      added: 0,
      changed: 1,
      bytesWritten: 'changed elsewhere'.length,
      seeds: [{ confirmed: true }]
    })
    const reader = await PlainReader.open(bootstrap, shop.key)
    expect(await reader.files(4)).toEqual(ci.onDisk())
    const before = { ...ci.onDisk(), 'about.html': 'about' }
    expect(await reader.files(2, versions[0])).toEqual({ ...before, 'index.html': 'two' })
    expect(await reader.files(3, versions[1])).toEqual({ ...before, 'index.html': 'three' })
    expect(reader.conflicts).toBe(0)
  })

  test('a fresh machine rolls back to the bytes of the old release', { tags: 'long' }, async () => {
    const { bootstrap, shop } = await cutOff()
    const ci = freshMachine(shop)
    expect(await ci.publisher({ bootstrap }).rollback(2)).toMatchObject({ release: 4, bytesWritten: 0 })
    const reader = await PlainReader.open(bootstrap, shop.key)
    expect((await reader.files(4))['index.html']).toBe('two')
  })
})

describe('content that no seed has any more', () => {
  test('is stored again, and the releases that had it are said to be lost', async () => {
    const { bootstrap, ci, replaceSeed } = await siteWithIndexOnly()
    await replaceSeed()
    ci.write({ 'index.html': 'four' })
    const outcome = await publish(ci, bootstrap)
    expect(outcome).toMatchObject({ release: 4, changed: 3, seeds: [{ confirmed: true }] })
    expect(await ci.record()).toMatchObject({ lost: [[1, 3]] })
    const reader = await PlainReader.open(bootstrap, ci.key)
    expect(await reader.files(4)).toEqual(ci.onDisk())
    await expect(ci.publisher({ bootstrap }).rollback(2)).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_HELD', message: expect.stringContaining('content of release 2') })
    )
    const { releases } = await readLog(ci.projectDir, ci.env, {})
    expect(releases[0]?.lost).toEqual([[1, 3]])

    ci.write({ 'index.html': 'five' })
    expect(await publish(ci, bootstrap)).toMatchObject({ release: 5, changed: 1 })
    expect(await ci.record()).toMatchObject({ lost: [[1, 3]] })
    expect(await ci.publisher({ bootstrap }).rollback(4)).toMatchObject({ release: 6 })
  })

  test('is not taken for lost while a seed that may have it is away: nothing is signed', async () => {
    const { bootstrap, ci, seed, replaceSeed } = await siteWithIndexOnly()
    const other = await ownSeed(bootstrap)
    pin(ci, [seed.key, other.key], 2)
    ci.write({ 'index.html': 'four, held by both' })
    await publish(ci, bootstrap)
    await other.close()
    await replaceSeed()
    const before = readFileSync(ci.paths.head, 'utf8')
    ci.write({ 'index.html': 'five' })
    const publisher = ci.publisher({ bootstrap, seedTimeouts: QUICK })
    expect(await codeOfRejection(publisher.publish(ci.dir))).toBe('SEED_UNREACHABLE')
    expect(readFileSync(ci.paths.head, 'utf8')).toBe(before)
  })

  test('is refused where no seed is named that may have it', async () => {
    const { bootstrap, ci } = await siteWithIndexOnly()
    pin(ci, [])
    ci.write({ 'index.html': 'four' })
    expect(await codeOfRejection(ci.publisher({ bootstrap }).publish(ci.dir))).toBe('NOT_HELD')
  })
})

test('content that this machine has and the seed lost is handed to it again, and nothing is lost', async () => {
  const { bootstrap, shop, seed } = await seededSite()
  await seed.close()
  const empty = await ownSeed(bootstrap)
  pin(shop, [empty.key])
  shop.write({ 'index.html': 'three' })
  expect(await publish(shop, bootstrap)).toMatchObject({
    release: 3,
    changed: 1,
    seeds: [{ confirmed: true }]
  })
  expect(await shop.record()).not.toHaveProperty('lost')
  const reader = await PlainReader.open(bootstrap, shop.key)
  expect(await reader.files(3)).toEqual(shop.onDisk())
})

test('a rollback reads what it points at: a release whose index leads to other bytes than it says is refused', async () => {
  const shop = new Workshop({ 'a.html': 'one', 'b.html': 'other' })
  await shop.publish()
  // As a faulty writer leaves it: `/a.html` of release 2 says that it is `two`, and leads to the bytes of `/b.html`.
  const writer = await openSiteWriter(shop.paths.store, deriveKeys(readSecret(shop)))
  const [wrong, record] = [await writer.entry('/b.html'), await writer.entry('/.well-known/sitedrive.json')]
  const metadata = { hash: createHash('sha256').update('two').digest('base64url'), mtime: null }
  await writer.flush([
    { path: '/a.html', blob: wrong?.blob ?? null, metadata },
    {
      path: record!.path,
      blob: record!.blob,
      metadata: { ...(record!.metadata as object), release: 2, previous: writer.version }
    }
  ])
  const head = readHead(shop.paths.head)!
  const state = await writer.state()
  writeHead(shop.paths.head, { ...head, ...state, indexHash: await writer.indexHash(), release: 2 })
  await writer.close()

  shop.write({ 'a.html': 'three' })
  expect(await shop.publish()).toMatchObject({ release: 3, changed: 1 })
  const signed = readFileSync(shop.paths.head, 'utf8')
  await expect(shop.publisher().rollback(2)).rejects.toThrow(
    expect.objectContaining({ code: 'NOT_HELD', message: expect.stringContaining('`/a.html`') })
  )
  expect(readFileSync(shop.paths.head, 'utf8')).toBe(signed)
  expect(await shop.publisher().rollback(1)).toMatchObject({ release: 4 })
})

function readSecret(shop: Workshop): Buffer {
  return Buffer.from(readFileSync(shop.paths.secret, 'utf8').trim(), 'hex')
}

test('blobs that took the place of those of a release, and whose index never came, do not stand for them', async () => {
  const { bootstrap, shop } = await seededSite()
  exportKey(shop)
  const [other, cut] = [freshMachine(shop), freshMachine(shop)]
  other.write({ 'index.html': 'three, by the other' })
  cut.write({ 'index.html': 'never published' })
  // Both have heard of release 2. The other publishes release 3; this one has a higher fork, and ends before its index.
  const publisher = cut.publisher({ bootstrap }, ({ seeds }, { network: identity }) => {
    const options = { seeds, confirm: 1, identity, bootstrap, onProgress: undefined, signal: undefined }
    const uplink = new SeedUplink(options)
    const [ask, holdBlobs] = [uplink.ask.bind(uplink), uplink.holdBlobs.bind(uplink)]
    uplink.ask = async (writer) => {
      const heard = await ask(writer)
      expect(await publish(other, bootstrap)).toMatchObject({ release: 3, seeds: [{ confirmed: true }] })
      return heard
    }
    uplink.holdBlobs = async (writer) => {
      expect(await holdBlobs(writer)).toBe(true)
      throw new Error('the process was killed here')
    }
    return uplink
  })
  await expect(publisher.publish(cut.dir)).rejects.toThrow('killed here')

  const ci = freshMachine(shop)
  ci.write(other.onDisk())
  ci.write({ 'about.html': 'four' })
  expect(await publish(ci, bootstrap)).toMatchObject({ release: 4, seeds: [{ confirmed: true }] })
  expect(await ci.record()).toMatchObject({ lost: [[3, 3]] })
  const reader = await PlainReader.open(bootstrap, shop.key)
  expect(await reader.files(4)).toEqual(ci.onDisk())
  await expect(ci.publisher({ bootstrap }).rollback(3)).rejects.toThrow('content of release 3')
  expect(await ci.publisher({ bootstrap }).rollback(2)).toMatchObject({ release: 5 })
})
