import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHead } from '../src/machine/signed-head.js'
import { describeOutcome } from '../src/outcome/report.js'
import { SeedUplink } from '../src/session/seed-uplink.js'
import { PlainReader } from './support/plain-reader.js'
import { newSite, pin, publish, QUICK, seededSite } from './support/seeded-site.js'
import { localDht, ownSeed } from './support/seeds.js'
import { tempDir, type Workshop } from './support/workshop.js'

/** What lies in a machine's data directory, to be put back in place: the files stay the same ones for the system. */
function snapshot(shop: Workshop): () => void {
  const copy = path.join(tempDir(), 'site')
  const { dir } = shop.paths
  const device = readFileSync(path.join(shop.paths.store, 'CORESTORE'))
  cpSync(dir, copy, { recursive: true })
  return () => {
    rmSync(path.join(shop.paths.store, 'db'), { recursive: true })
    cpSync(path.join(copy, 'site', 'db'), path.join(shop.paths.store, 'db'), { recursive: true })
    expect(readFileSync(path.join(shop.paths.store, 'CORESTORE'))).toEqual(device)
    for (const file of ['head.json', 'scan.cache']) cpSync(path.join(copy, file), path.join(dir, file))
  }
}

describe('an older data directory that was put back in place', () => {
  test('publishes on from what the seed has: no conflict, and readers see old and new files', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    const reader = await PlainReader.open(bootstrap, shop.key)
    expect(readHead(shop.paths.head)).toMatchObject({ exclusive: true, release: 2 })
    const putBack = snapshot(shop)
    for (const name of ['a', 'b']) {
      shop.write({ [`${name}.html`]: name })
      await publish(shop, bootstrap)
    }
    putBack()
    shop.write({ 'c.html': 'c' })
    expect(await publish(shop, bootstrap)).toMatchObject({
      release: 5,
      added: 1,
      seeds: [{ confirmed: true }]
    })
    expect(await reader.files(5)).toEqual(shop.onDisk())
    expect(reader.conflicts).toBe(0)
    expect(readHead(shop.paths.head)).toMatchObject({ exclusive: false, release: 5 })
    expect(seed.host.sizeOf(shop.key)?.fork).toBeGreaterThan(0)
  })

  test('takes up what the seed has also where both signed other blocks at the same places, and names what it replaced', async () => {
    const { bootstrap, shop, seed } = await seededSite()
    const reader = await PlainReader.open(bootstrap, shop.key)
    const putBack = snapshot(shop)
    shop.write({ 'a.html': 'a' })
    await publish(shop, bootstrap)
    putBack()
    const away = await ownSeed(bootstrap)
    await away.close()
    pin(shop, [away.key])
    shop.remove('a.html')
    shop.write({ 'x.html': 'x' })
    const hidden = await publish(shop, bootstrap, { seedTimeouts: QUICK })
    expect(hidden).toMatchObject({ release: 3, fork: 0, seeds: [{ confirmed: false }] })

    pin(shop, [seed.key])
    shop.write({ 'y.html': 'y' })
    const next = await publish(shop, bootstrap)
    expect(next).toMatchObject({ release: 4, added: 2, removed: 1, seeds: [{ confirmed: true }] })
    expect(next.notes.overtaken).toMatchObject({ release: 3 })
    const said = describeOutcome(next)
      .map(({ text }) => text)
      .join('\n')
    expect(said).not.toContain('another machine')
    expect(await reader.files(4)).toEqual(shop.onDisk())
    expect(reader.conflicts).toBe(0)
  })

  test('hands nothing on that the seed has in another form, also when nothing changed', async () => {
    const { bootstrap, shop } = await seededSite()
    const reader = await PlainReader.open(bootstrap, shop.key)
    const putBack = snapshot(shop)
    shop.write({ 'index.html': 'three' })
    await publish(shop, bootstrap)
    putBack()
    shop.write({ 'index.html': 'two' }) // as the older release has it
    const synced = await shop.publisher({ bootstrap }).sync()
    expect(synced).toMatchObject({ release: 3, seeds: [{ confirmed: true }] })
    expect((await reader.files(3))['index.html']).toBe('three')
    expect(reader.conflicts).toBe(0)
  })
})

test('a seed that was not heard before the first signature is offered nothing', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const at = { dir: tempDir(), secret: randomBytes(32) }
  const seed = await ownSeed(bootstrap, {}, at)
  pin(shop, [seed.key])
  const putBack = snapshot(shop)
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  putBack()
  const reader = await PlainReader.open(bootstrap, shop.key)
  await reader.files(2)
  await seed.close()

  // It comes back when it has been given up on, and before anything would be offered to it.
  const late = shop.publisher({ bootstrap, seedTimeouts: QUICK }, (project, { network: identity }) => {
    const { seeds } = project
    const options = { seeds, confirm: 1, identity, bootstrap, onProgress: undefined, signal: undefined }
    const uplink = new SeedUplink({ ...options, ...QUICK })
    const holdMore = uplink.holdMore.bind(uplink)
    uplink.holdMore = async (writer) => {
      const isMore = await holdMore(writer)
      await ownSeed(bootstrap, {}, at)
      return isMore
    }
    return uplink
  })
  shop.write({ 'index.html': 'two, from the older copy' })
  const outcome = await late.publish(shop.dir)
  expect(outcome).toMatchObject({ release: 2, fork: 0, seeds: [{ confirmed: false }] })
  expect(await publish(shop, bootstrap)).toMatchObject({ release: 3, seeds: [{ confirmed: true }] })
  expect(await reader.files(3)).toEqual(shop.onDisk())
  expect(reader.conflicts).toBe(0)
})

test('while one of two seeds is silent, a machine that seems to be alone moves to a higher fork: no reader meets a conflict', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const one = { dir: tempDir(), secret: randomBytes(32) }
  const two = { dir: tempDir(), secret: randomBytes(32) }
  const [first, second] = [await ownSeed(bootstrap, {}, one), await ownSeed(bootstrap, {}, two)]
  pin(shop, [first.key, second.key])
  shop.write({ 'index.html': 'two' })
  expect((await publish(shop, bootstrap)).fork).toBe(0)
  const putBack = snapshot(shop)
  await second.close()
  shop.write({ 'c.html': 'at the first seed only' })
  const hidden = await publish(shop, bootstrap, { seedTimeouts: QUICK })
  expect(hidden.seeds).toMatchObject([{ confirmed: true }, { confirmed: false }])
  const reader = await PlainReader.open(bootstrap, shop.key)
  await reader.files(3)
  await first.close()
  await ownSeed(bootstrap, {}, two)
  putBack()
  shop.remove('c.html')
  shop.write({ 'd.html': 'at the second' })
  const next = await publish(shop, bootstrap, { seedTimeouts: QUICK })
  expect(next.fork).toBeGreaterThan(hidden.fork)
  await ownSeed(bootstrap, {}, one)
  shop.write({ 'e.html': 'at both' })
  await publish(shop, bootstrap)
  expect(await reader.files(4)).toEqual(shop.onDisk())
  expect(reader.conflicts).toBe(0)
})
