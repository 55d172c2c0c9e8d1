import { expect, test } from 'vitest'
import { openSiteServer, type ServedSite } from '../../src/mirror/site-server.js'
import { later } from '../support/later.js'
import { memorySite, type MemoryFiles, type MemorySite } from '../support/memory-site.js'
import { request, type Answer } from '../support/request.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)
const FILES = {
  '/index.html': 'home',
  '/a.html': 'a',
  '/b/index.html': 'b',
  '/old/index.htm': 'old',
  '/docs/404.html': 'no chapter',
  '/docs/one.html': 'one',
  '/404.html': 'none',
  '/ü.html': 'ü',
  '/_headers': '/*\n  X-All: yes\n/docs/*\n  X-Part: docs\n'
}
const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a.html',
  '/b',
  '/b/',
  '/old',
  '/old/',
  '/%C3%BC',
  '/%75%CC%88',
  '/docs/one',
  '/none',
  '/none?x=1',
  '/none/',
  '/docs/none',
  '/docs/none/',
  '/docs/x/y/z',
  '/docs/404',
  '/docs',
  '/docs/',
  '/_headers',
  '/.well-known/sitedrive/x',
  '/.well-known/acme-challenge/x',
  '//none',
  '/none//x',
  '/%',
  '/%E0',
  '/assets/app-BK3f9xQz.js'
]

/** The same site, all of whose index is on this machine. */
function whole(site: MemorySite, files: MemoryFiles): ServedSite {
  const paths = Object.keys(files)
  return {
    hold() {
      const held = site.hold()!
      const { drive } = held
      drive.entries ??= async function* () {
        for (const path of paths) yield (await drive.entry(path))!
      }
      return held
    }
  }
}

async function getterOf(site: ServedSite, spaFallback = false): Promise<(path: string) => Promise<Answer>> {
  const { port } = await openSiteServer({ sites: new Map([[KEY, site]]), spaFallback }).then((server) => {
    later(() => server.close())
    return server
  })
  return (path) => request(port, `${KEY}.localhost`, path)
}

function untilPathsAreKnown(site: MemorySite, get: (path: string) => Promise<Answer>): Promise<void> {
  return until('its paths are known', async () => {
    const before = site.counts.entries
    await get(`/${Math.random()}`)
    return site.counts.entries === before
  })
}

test.each([
  ['a site', FILES, false],
  ['a site without a page for what is missing', { '/index.html': 'home' }, false],
  ['a site with redirects', { ...FILES, '/_redirects': '/none /a\n/docs/* /b 200\n' }, false],
  ['an app', FILES, true]
])('%s is answered from memory as from its drive', async (_, files, isSpa) => {
  const site = memorySite(files)
  const fromMemory = await getterOf(whole(site, files), isSpa)
  const fromDrive = await getterOf(memorySite(files), isSpa)
  // The answers to missing paths are known first: what is there must not get one of them.
  await untilPathsAreKnown(site, fromMemory)
  await fromMemory('/docs/none')
  for (let round = 0; round < 3; round++) {
    for (const path of PATHS) {
      const [here, there] = [await fromMemory(path), await fromDrive(path)]
      expect({ path, ...here.headers, date: '' }).toEqual({ path, ...there.headers, date: '' })
      expect([path, here.status, here.text]).toEqual([path, there.status, there.text])
    }
  }
})

test('paths that nobody asked for before and that are not there cost no look-up', async () => {
  const site = memorySite(FILES)
  const get = await getterOf(whole(site, FILES))
  await untilPathsAreKnown(site, get)
  await get('/docs/none')
  const { entries, reads } = site.counts
  for (let n = 0; n < 50; n++) {
    expect((await get(`/${n}/${n}`)).text).toBe('none')
    expect((await get(`/docs/${n}/`)).text).toBe('no chapter')
  }
  expect(site.counts).toMatchObject({ entries, reads })
})
