import { cpSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openFollower, openOwnDrive } from '../src/holepunch/follower.js'
import { newSite, pin, publish } from './support/seeded-site.js'
import { localDht, ownSeed, readFromNetwork } from './support/seeds.js'
import { codeOfRejection, tempDir } from './support/workshop.js'

/** A copy in another place, as from a backup or another disk. */
function copyOf(dir: string): string {
  const copy = path.join(tempDir(), 'copy')
  cpSync(dir, copy, { recursive: true })
  return copy
}

test('a copy of a folder that follows a site is opened', async () => {
  const { shop } = await newSite()
  const dir = tempDir()
  await (await openFollower(dir, shop.key)).close()
  const copy = copyOf(dir)
  for (let time = 0; time < 2; time++) {
    const follower = await openFollower(copy, shop.key)
    expect(follower.key).toBe(shop.key)
    await follower.close()
  }
})

test('the data of a seed that was moved to another machine goes on as the same seed', async () => {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const at = { dir: tempDir(), secret: randomBytes(32) }
  const seed = await ownSeed(bootstrap, {}, at)
  pin(shop, [seed.key])
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  const index = seed.host.sizeOf(shop.key)
  await seed.close()

  const moved = await ownSeed(bootstrap, {}, { ...at, dir: copyOf(at.dir) })
  await moved.host.keep(shop.key)
  expect(moved.key).toBe(seed.key)
  expect(moved.host.sizeOf(shop.key)).toEqual(index)
  shop.write({ 'index.html': 'three' })
  const { seeds } = await publish(shop, bootstrap)
  expect(seeds).toMatchObject([{ key: seed.key, confirmed: true }])
  expect(await readFromNetwork(bootstrap, shop.key)).toMatchObject({ 'index.html': 'three' })
})

test('a copy of the store of an author is not opened to be handed out: its machine may sign in it', async () => {
  const { shop } = await newSite()
  expect(await codeOfRejection(openOwnDrive(copyOf(shop.paths.store), shop.key))).toBe('STORE_COPIED')
})
