import { expect, test } from 'vitest'
import { PlainReader } from './support/plain-reader.js'
import { exportKey, freshMachine, newSite, pin, publish, QUICK } from './support/seeded-site.js'
import { localDht, ownSeed } from './support/seeds.js'
import { codeOfRejection, type Workshop } from './support/workshop.js'

/** Two seeds that take the head of the index and no more blocks of it while `isCut` says so, as when a publisher is killed. */
async function siteOnTwoSeeds() {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  exportKey(shop)
  const cut = { isCut: [false, false] }
  const seeds = await Promise.all(
    [0, 1].map((n) => ownSeed(bootstrap, { allows: (key) => !(cut.isCut[n] === true && key === shop.key) }))
  )
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
  const { seeds } = await publish(shop, bootstrap, { seedTimeouts: QUICK })
  expect(seeds.map(({ confirmed }) => confirmed)).toEqual([false, false])
}

/** The paths that are in one alone, or that have other bytes. */
function differing(one: Record<string, string>, other: Record<string, string>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => one[name] !== other[name]
  )
}

test('a publish that ended while its index was on the way is gone on without: by a build server, byte for byte', async () => {
  const { bootstrap, shop, seeds, cut } = await siteOnTwoSeeds()
  const server = freshMachine(shop)
  cut.isCut.fill(true)
  await publishCut(shop, bootstrap)
  cut.isCut.fill(false)

  server.write({ 'index.html': 'from the build server' })
  const published = await publish(server, bootstrap, { seedTimeouts: QUICK })
  expect(published).toMatchObject({ release: 3, changed: 1, added: 0, removed: 0 })
  expect(published.seeds.filter(({ confirmed }) => confirmed).length).toBeGreaterThan(0)
  const reader = await PlainReader.open(bootstrap, shop.key, seeds[0]?.key)
  expect(differing(await reader.files(3), server.onDisk())).toEqual([])
  expect(reader.conflicts).toBe(0)

  // Its author hears of it with the next publish.
  shop.write({ 'index.html': 'from the author' })
  const next = await publish(shop, bootstrap)
  expect(next).toMatchObject({ release: 4, notes: { overtaken: { release: 3 } } })
  expect(await reader.files(4)).toMatchObject({ 'index.html': 'from the author', 'new-7.html': 'new 7' })
})

test(
  'an unchanged build hands out the release before, so that readers need not wait',
  { tags: 'long' },
  async () => {
    const { bootstrap, shop, seeds, cut } = await siteOnTwoSeeds()
    const other = freshMachine(shop)
    cut.isCut.fill(true)
    await publishCut(shop, bootstrap)
    cut.isCut.fill(false)

    const outcome = await other.publisher({ bootstrap, seedTimeouts: QUICK }).publish(other.dir)
    expect(outcome).toMatchObject({ status: 'unchanged', release: 2 })
    const reader = await PlainReader.open(bootstrap, shop.key, seeds[1]?.key)
    expect(differing(await reader.files(2), other.onDisk())).toEqual([])
  }
)

test('a release that a seed may hold whole is not gone on without, although it cannot be read', async () => {
  const { bootstrap, shop, seeds, cut } = await siteOnTwoSeeds()
  const other = freshMachine(shop)
  pin(
    other,
    seeds.map(({ key }) => key),
    2
  )
  cut.isCut = [false, true]
  shop.write({ 'index.html': 'held by the first' })
  await publish(shop, bootstrap, { seedTimeouts: QUICK })
  // The seed that holds it is away. As many as two must hold what is confirmed, so one that answers may know less.
  await seeds[0]?.close()
  pin(
    other,
    seeds.map(({ key }) => key),
    1
  )
  other.write({ 'index.html': 'from the other' })
  expect(await codeOfRejection(publish(other, bootstrap, { seedTimeouts: QUICK }))).toBe('STORE_BEHIND')
})
