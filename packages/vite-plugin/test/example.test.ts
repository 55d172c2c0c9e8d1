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
import { expect, test } from 'vitest'
import { linesOf } from './support/vite-project.js'

test(
  'examples/vite-site publishes what it builds, knows its address, and builds the same bytes again',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const dir = copyExample('vite-site')
    const home = temporaryFolder()
    const env = cleanEnvironment({ SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
    const build = () => runToSuccess({ command: 'npm', args: ['run', 'build'] }, { cwd: dir, env })

    const first = await build()
    expect(linesOf(first).filter((line) => /Not published|nowhere|warning/i.test(line))).toEqual([])
    const site = await readProjectSite(home, dir)
    const files = site?.files ?? {}
    expect(files).toEqual(readFolder(path.join(dir, 'dist')))
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(['/index.html', '/404.html', '/about/index.html', '/feed.xml'])
    )
    expect(
      Object.keys(files).filter((file) => /^\/notes\/.+\/index\.html$/.test(file)).length
    ).toBeGreaterThan(1)
    expect(files['/feed.xml']).toContain(`<link href="hyper://${site?.key}/"/>`)
    expect(files['/feed.xml']).toContain(`<id>tag:example.org,2026:${site?.key}/`)
    expect(files['/index.html']).toContain(`hyper://${site?.key}/`)

    expect(linesOf(await build())).toEqual([expect.stringContaining('No change: release 1')])
  }
)

// Sets up the whole workspace first.
test(
  '`npm run demo -- --once` proves examples/vite-site over the network',
  { tags: 'long', timeout: 300_000 },
  async () => {
    const { exitCode, output } = await runDemo('vite-site')
    expect(output).toMatch(/All \d+ files came back from the peer over HTTP, byte for byte\./)
    expect(exitCode).toBe(0)
  }
)
