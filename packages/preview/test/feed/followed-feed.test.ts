import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { createPreview, parsePreviewLink } from '@sitedrive/core/preview'
import { localDht, temporaryFolder, until } from '@sitedrive/testing'
import { expect, onTestFinished, test } from 'vitest'
import { followPreview } from '../../src/feed/followed-feed.js'

test('what a follower has fetched does not stay in memory and in the log', async () => {
  const { bootstrap } = await localDht()
  const root = temporaryFolder()
  const site = path.join(root, 'project', '_site')
  mkdirSync(site, { recursive: true })
  writeFileSync(path.join(site, 'index.html'), '<p>large')
  writeFileSync(path.join(site, 'large.bin'), randomBytes(5_000_000))
  const preview = await createPreview({
    projectDir: path.join(root, 'project'),
    env: { SITEDRIVE_HOME: path.join(root, 'home') },
    bootstrap
  })
  onTestFinished(() => preview.close())
  await preview.update(site)
  const dir = path.join(root, 'followed')
  const feed = await followPreview({ link: parsePreviewLink(preview.link), dir, bootstrap })
  onTestFinished(() => feed.close())
  await until(() => feed.id !== null)
  const isInFiles = () => readdirSync(path.join(dir, 'drive', 'db')).some((name) => name.endsWith('.sst'))
  expect(await until(isInFiles)).toBe(true)
})
