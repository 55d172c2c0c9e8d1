import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openFollower } from '../src/holepunch/follower.js'
import { openSiteReader } from '../src/holepunch/site-store.js'
import { newSite } from './support/seeded-site.js'
import { tempDir } from './support/workshop.js'

function logsIn(dir: string): string[] {
  return readdirSync(path.join(dir, 'db')).filter((name) => name.startsWith('LOG'))
}

test('a store keeps no logs of the publishes before', async () => {
  const { shop } = await newSite()
  for (const text of ['two', 'three']) {
    shop.write({ 'index.html': text })
    await shop.publish()
  }
  expect(logsIn(shop.paths.store)).toEqual(['LOG'])
})

test('who keeps what others sign keeps no logs of the starts before', async () => {
  const { shop } = await newSite()
  const dir = tempDir()
  for (let start = 0; start < 3; start++) await (await openFollower(dir, shop.key)).close()
  expect(logsIn(dir)).toEqual(['LOG'])
})

test('a reader removes no log: a publish may write one now', async () => {
  const { shop } = await newSite()
  const old = path.join(shop.paths.store, 'db', 'LOG.old.1')
  writeFileSync(old, '')
  await (await openSiteReader(shop.paths.store, shop.key)).close()
  expect(logsIn(shop.paths.store)).toContain('LOG.old.1')
})
