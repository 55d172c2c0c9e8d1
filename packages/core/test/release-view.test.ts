import { describe, expect, onTestFinished, test } from 'vitest'
import { openSiteReader, openSiteWriter, type SiteStore } from '../src/holepunch/site-store.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { releaseView } from '../src/release/release-view.js'
import type { KnownFile } from '../src/folder/scan-cache.js'
import { listFiles } from '../src/session/known-files.js'
import { tempDir, Workshop } from './support/workshop.js'

const TEXT = 'some text\n'.repeat(20_000)

async function published(): Promise<{ site: SiteStore; files: Map<string, KnownFile> }> {
  const shop = new Workshop({ 'index.html': TEXT, 'empty.txt': '' })
  await shop.publish()
  const site = await openSiteReader(shop.paths.store, shop.key)
  onTestFinished(() => site.close())
  return { site, files: await listFiles(site) }
}

describe('the view of a release', () => {
  test('has its files as they were published, whole or their beginnings', async () => {
    const { site, files } = await published()
    const view = releaseView(site, files)
    expect([...view.files.keys()].toSorted()).toEqual(['/empty.txt', '/index.html'])
    expect(view.files.get('/index.html')?.bytes).toBe(TEXT.length)
    expect(String(await view.read('/index.html'))).toBe(TEXT)
    expect(String(await view.read('/index.html', 9))).toBe('some text')
    expect(String(await view.read('/empty.txt'))).toBe('')
    expect(await view.read('/none.html')).toBe(null)
  })

  test('has nothing where the store holds no such bytes, and waits for nobody', async () => {
    const { files } = await published()
    const empty = await openSiteWriter(tempDir(), deriveKeys(Buffer.alloc(32, 7)))
    onTestFinished(() => empty.close())
    expect(await releaseView(empty, files).read('/index.html')).toBe(null)
  })

  test('has nothing where other bytes lie than those that were published', async () => {
    const { site, files } = await published()
    const forged = new Map([...files].map(([path, file]) => [path, { ...file, hash: 'another' }]))
    expect(await releaseView(site, forged).read('/index.html')).toBe(null)
  })
})
