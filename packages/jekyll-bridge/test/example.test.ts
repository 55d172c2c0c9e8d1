import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import {
  cleanEnvironment,
  copyExample,
  readFolder,
  readProjectSite,
  runDemo,
  runToSuccess,
  temporaryFolder
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { hasJekyll, linesOf, NOWHERE, warningsOf } from './support/jekyll-project.js'

test.skipIf(!hasJekyll)(
  'examples/jekyll-blog publishes posts, collection, tags, feed, styles and 404 page, no draft, and builds the same bytes again',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const dir = copyExample('jekyll-blog')
    const home = temporaryFolder()
    const env = cleanEnvironment({ SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: NOWHERE })
    const build = () => runToSuccess({ command: 'npm', args: ['run', 'build'] }, { cwd: dir, env })

    const first = await build()
    expect(warningsOf(first)).toEqual([])
    const site = await readProjectSite(home, dir)
    const files = site?.files ?? {}
    expect(files).toEqual(readFolder(path.join(dir, '_site')))
    const named = (folder: string) =>
      readdirSync(path.join(dir, folder)).map((name) => path.basename(name, '.md'))
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        '/index.html',
        '/404.html',
        '/tags/index.html',
        '/feed.xml',
        '/css/style.css',
        ...named('_posts').map((name) => `/${name.slice(0, 4)}/${name.slice(11)}/index.html`),
        ...named('_moorings').map((name) => `/moorings/${name}/index.html`)
      ])
    )
    const [draft = ''] = named('_drafts')
    expect(Object.keys(files).filter((file) => file.includes(draft))).toEqual([])
    expect(files['/feed.xml']).toContain(`hyper://${site?.key}/`)

    expect(linesOf(await build())).toEqual([expect.stringContaining('No change: release 1')])
  }
)

// Sets up the whole workspace first.
describe('`npm run demo -- --once --example jekyll-blog`', { tags: 'long', timeout: 300_000 }, () => {
  test.skipIf(!hasJekyll)('proves the blog over the network', async () => {
    const { exitCode, output } = await runDemo('jekyll-blog')
    expect(output).toMatch(/All \d+ files came back from the peer over HTTP, byte for byte\./)
    expect(exitCode).toBe(0)
  })

  test('says how to install Jekyll where there is none', async () => {
    const programs = temporaryFolder()
    for (const folder of (process.env['PATH'] ?? '')
      .split(path.delimiter)
      .filter((each) => existsSync(each))) {
      for (const name of readdirSync(folder)) {
        const link = path.join(programs, name)
        if (!/^(jekyll|ruby)/.test(name) && !existsSync(link)) symlinkSync(path.join(folder, name), link)
      }
    }
    const { exitCode, output } = await runDemo('jekyll-blog', { PATH: programs })
    expect(output).toMatch(/There is no `jekyll` on this machine\. Install .*`/)
    expect(exitCode).toBe(1)
  })
})
