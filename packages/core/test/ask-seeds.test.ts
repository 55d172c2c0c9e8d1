import { expect, test } from 'vitest'
import type { Address } from '../src/holepunch/bootstrap.js'
import { sitePaths } from '../src/machine/data-dir.js'
import { acquireWriterLock } from '../src/machine/writer-process-lock.js'
import { parseKey } from '../src/holepunch/site-key.js'
import { readProject } from '../src/project/project-file.js'
import { askSeeds } from '../src/status/ask-seeds.js'
import type { SeedStanding } from '../src/status/seed-standing.js'
import { makeLiable, type InnerCore } from './support/lying-core.js'
import { exportKey, freshMachine, newSite, pin, publish, seededSite } from './support/seeded-site.js'
import { localDht, ownSeed, vanillaSeed } from './support/seeds.js'
import type { Workshop } from './support/workshop.js'

function ask(shop: Workshop, bootstrap: Address[], timeoutMs = 10_000): Promise<SeedStanding[]> {
  const project = readProject(shop.projectDir, parseKey)
  if (!project) throw new Error('no project')
  const SITEDRIVE_BOOTSTRAP = bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
  return askSeeds({ project, env: { ...shop.env, SITEDRIVE_BOOTSTRAP }, timeoutMs })
}

test('an unmodified blind peer and a sitedrive seed are asked alike', { tags: 'long' }, async () => {
  const bootstrap = await localDht()
  const { shop, publisherKey } = await newSite()
  const [blind, own] = [await vanillaSeed(bootstrap, [publisherKey]), await ownSeed(bootstrap)]
  pin(shop, [blind.key, own.key], 2)
  shop.write({ 'index.html': 'two' })
  const { release } = await publish(shop, bootstrap)
  const standing = { state: 'holds', release, readBack: true, problem: null }
  expect(await ask(shop, bootstrap)).toEqual([
    { key: blind.key, ...standing },
    { key: own.key, ...standing }
  ])
  await own.close()
  pin(shop, [blind.key], 1)
  await blind.close()
  expect(await ask(shop, bootstrap, 3_000)).toMatchObject([
    { state: 'offline', release: null, readBack: null }
  ])
})

test(
  'a seed that is new to the site is asked to keep it, and nothing of this machine is handed to it',
  { tags: 'long' },
  async () => {
    const bootstrap = await localDht()
    const { shop } = await newSite()
    const seed = await ownSeed(bootstrap)
    pin(shop, [seed.key])
    for (let times = 0; times < 2; times++)
      expect(await ask(shop, bootstrap)).toMatchObject([{ state: 'behind', release: 0, readBack: null }])
  }
)

test('a seed that says that it holds all, and hands out none, holds nothing', async () => {
  const { bootstrap, shop, seed } = await seededSite()
  const { kept } = seed.host as unknown as { kept: Map<string, { core: { core: InnerCore } }> }
  for (const { core } of kept.values()) makeLiable(core.core, () => ({ isHollow: true }))
  expect(await ask(shop, bootstrap, 2_000)).toMatchObject([
    { key: seed.key, state: 'behind', release: null, readBack: false }
  ])
})

test('a seed that another machine has published to has more than this one', { tags: 'long' }, async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const seed = await ownSeed(bootstrap)
  pin(shop, [seed.key])
  exportKey(shop)
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  const ci = freshMachine(shop)
  expect(await ask(ci, bootstrap)).toMatchObject([{ state: 'ahead', release: null }])
  ci.write({ 'index.html': 'from CI' })
  await publish(ci, bootstrap)
  expect(await ask(shop, bootstrap)).toMatchObject([{ state: 'ahead' }])
  expect(await ask(ci, bootstrap)).toMatchObject([{ state: 'holds', release: 3 }])
})

test('while a publish runs, who asks is nobody whom the seed knows', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const publishers: string[] = []
  const seed = await ownSeed(bootstrap, {
    introduced: (publisher) => void publishers.push(publisher),
    isSite: (key) => key === shop.key
  })
  pin(shop, [seed.key])
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  const before = publishers.length
  const lock = await acquireWriterLock(sitePaths(shop.home, shop.key).lock, {
    timeoutMs: 0,
    onWait: () => {}
  })
  try {
    expect(await ask(shop, bootstrap)).toMatchObject([{ state: 'holds', readBack: true }])
  } finally {
    lock.release()
  }
  expect(publishers.length).toBe(before)
  expect(await ask(shop, bootstrap)).toMatchObject([{ state: 'holds', readBack: true }])
  expect(publishers.length).toBeGreaterThan(before)
})
