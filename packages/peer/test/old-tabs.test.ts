import { readFileSync } from 'node:fs'
import path from 'node:path'
import { showKey } from '@sitedrive/core'
import { hasBrowser, openBrowser } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { localDht } from '../../mirror/test/support/local-network.js'
import { until } from '../../mirror/test/support/until.js'
import { config, ViteProject } from '../../vite-plugin/test/support/vite-project.js'
import { ask, runPeer, siteOf, trusting } from './support/running-peer.js'

const appOf = (release: string) => `document.querySelector('h1').textContent = 'release ${release}'
document.querySelector('button').onclick = async () => {
  const { text } = await import('./part.js')
  document.querySelector('p').textContent = text
}
`
const partOf = (release: string) => `import './part.css'\nexport const text = 'part of release ${release}'\n`

const PAGE = '<!doctype html>\n<title>An app</title>\n<link rel="icon" href="data:,">\n'

describe.skipIf(!hasBrowser)('an app of one page, built by Vite', { tags: 'long' }, () => {
  test('goes on in a tab that was opened before a release; a page that was removed is gone', async () => {
    const app = new ViteProject({
      'vite.config.js': config(
        "  plugins: [sitedrive()],\n  build: { rollupOptions: { input: ['index.html', 'news.html'] } }"
      ),
      'index.html': `${PAGE}<h1></h1><button>more</button><p></p><script type="module" src="/app.js"></script>\n`,
      'news.html': `${PAGE}news\n`,
      'public/news-BK3f9xQz.html': `${PAGE}news with a name like a fingerprint\n`,
      'app.js': appOf('1'),
      'part.js': partOf('1'),
      'part.css': 'p { color: rgb(0, 128, 0) }'
    })
    const bootstrap = (await localDht()).map(({ host, port }) => `${host}:${port}`).join(',')
    const publish = () => app.build([], { SITEDRIVE_BOOTSTRAP: bootstrap })
    await publish()
    const place = { projectDir: app.dir, env: { SITEDRIVE_HOME: app.home } }
    const peer = await runPeer(trusting(await showKey(place)))
    const projectFile = path.join(app.dir, 'sitedrive.json')
    const project = JSON.parse(readFileSync(projectFile, 'utf8')) as { key: string }
    app.write({ 'sitedrive.json': JSON.stringify({ ...project, seeds: [peer.key] }) })
    await publish()
    await until('the first release', () => siteOf(peer, project.key)?.release === 1)
    const partsOf = () => Object.keys(app.output()).filter((file) => file.includes('part-'))
    const parts = partsOf()

    const browser = await openBrowser()
    const site = `http://${project.key}.localhost:${peer.port}/`
    const tab = await browser.newPage()
    await tab.goto(site)
    expect(await tab.textContent('h1')).toBe('release 1')

    app.write({
      'vite.config.js': config('  plugins: [sitedrive()]'),
      'app.js': appOf('2'),
      'part.js': partOf('2'),
      'part.css': 'p { color: rgb(0, 0, 255) }'
    })
    await app.command('rm', 'public/news-BK3f9xQz.html')
    await publish()
    await until('the second release', () => siteOf(peer, project.key)?.release === 2)
    expect(partsOf().filter((file) => parts.includes(file))).toEqual([])

    await tab.click('button')
    await tab.waitForFunction("document.querySelector('p').textContent !== ''")
    expect(await tab.textContent('p')).toBe('part of release 1')
    expect(await tab.evaluate("getComputedStyle(document.querySelector('p')).color")).toBe('rgb(0, 128, 0)')
    for (const page of ['/news', '/news.html', '/news-BK3f9xQz', '/news-BK3f9xQz.html'])
      expect([page, (await ask(peer, project.key, page)).status]).toEqual([page, 404])

    const newTab = await browser.newPage()
    await newTab.goto(site)
    await newTab.click('button')
    await newTab.waitForFunction("document.querySelector('p').textContent !== ''")
    expect(await newTab.textContent('p')).toBe('part of release 2')
  })
})
