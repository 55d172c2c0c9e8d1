import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  cleanEnvironment,
  hasBrowser,
  makeTemporaryFolder,
  readFolder,
  until,
  writeFiles
} from '@sitedrive/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contexts } from './support/contexts.js'
import { liveSite, openPage } from './support/live-site.js'
import {
  expectNoTag,
  expectOneConnection,
  visitAll,
  VISITS,
  withoutFetchHeaders
} from './support/client-router.js'

const page = `---
import { ClientRouter } from 'astro:transitions'
export function getStaticPaths() {
  return Array.from({ length: ${VISITS + 1} }, (_, n) => ({ params: { page: n === 0 ? undefined : String(n) }, props: { n } }))
}
const { n } = Astro.props
---
<html lang="en">
  <head><meta charset="utf-8"><title>Page {n}</title><link rel="icon" href="data:,"><ClientRouter /></head>
  <body><main><h1>Page {n}</h1><a href={\`/\${n + 1}\`}>next</a></main></body>
</html>
`

// Installs Astro.
describe.skipIf(!hasBrowser)('a site with Astro’s client router', { tags: 'long', timeout: 240_000 }, () => {
  const newContext = contexts()
  const project = makeTemporaryFolder()
  afterAll(() => project.remove())

  beforeAll(async () => {
    writeFiles(project.dir, {
      'package.json': '{ "private": true, "type": "module" }',
      'astro.config.mjs': "export default { build: { format: 'file' } }",
      'src/pages/[...page].astro': page
    })
    const run = promisify(execFile)
    const options = { cwd: project.dir, env: cleanEnvironment({ ASTRO_TELEMETRY_DISABLED: '1' }) }
    const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
    await run('npm', ['install', ...flags, 'astro@5'], options)
    await run('npx', ['astro', 'build'], options)
  }, 240_000)

  test.each([
    ['whose requests say what they are for', false],
    ['whose requests say nothing, as in a local network', true]
  ])('%s is visited page after page, and followed by one connection', async (_how, isSilent) => {
    const files = Object.fromEntries(
      Object.entries(readFolder(path.join(project.dir, 'dist'))).map(([file, text]) => [file, String(text)])
    )
    const site = await liveSite(files)
    const context = await newContext()
    if (isSilent) await withoutFetchHeaders(context)
    const { page } = await openPage(context, site.url)
    await visitAll(page)
    await expectOneConnection(site, page)
    // Astro takes over the scripts of a page without running again what has run: a tag lies there and does nothing.
    if (!isSilent) await expectNoTag(page)
    const last = `/${VISITS}.html`
    await site.update({ [last]: files[last]!.replace(`<h1>Page ${VISITS}</h1>`, '<h1>Changed</h1>') })
    await until(async () => (await page.locator('h1').textContent()) === 'Changed')
    await page.goBack()
    await page.waitForFunction(`document.querySelector('h1').textContent === 'Page ${VISITS - 1}'`)
    expect(site.viewers).toBe(1)
  })
})
