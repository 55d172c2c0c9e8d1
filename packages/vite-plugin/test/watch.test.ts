import { existsSync } from 'node:fs'
import path from 'node:path'
import { sitesIn } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { DevRun } from './support/dev-run.js'
import { config, linesOf, VERSIONS, ViteProject } from './support/vite-project.js'

const WATCH = ['build', '--watch']
const HTML = '<!doctype html>\n<title>A</title>\n<p>one</p>\n<script type="module" src="/main.js"></script>\n'
const FILES = { 'index.html': HTML, 'main.js': "import './part.js'\n", 'part.js': 'console.log(1)\n' }

test(
  '`vite build --watch` shows each good build in the live preview, and publishes none',
  { timeout: 180_000 },
  async () => {
    const project = new ViteProject(FILES)
    const run = await DevRun.start(project, WATCH)
    await run.untilPage('/', '<p>one</p>')
    await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
    await run.edit({ 'part.js': 'console.log(2)\n' }, async () => {
      const [, script = ''] = /src="(\/assets\/[^"]+)"/.exec(await run.page('/')) ?? []
      return (await run.page(script)).includes('console.log(2)')
    })
    expect(await run.status()).toMatchObject({ state: 'ready', failure: null })
    expect(run.lines()).toEqual([
      expect.stringMatching(/^\[sitedrive\] Live preview: http:\/\/localhost:\d+\/$/),
      expect.stringMatching(/^\[sitedrive\] Review and publish: http:\/\/review\.localhost:\d+\/#[\w-]{32}$/),
      expect.stringMatching(
        /^\[sitedrive\] From another machine: npx sitedrive preview 'hyper:\/\/\w{52}\/#\w{56}'$/
      ),
      '[sitedrive] Builds of --watch are not published; `vite build` publishes.'
    ])
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
  }
)

describe.each(VERSIONS)('with Vite %i, `vite build --watch`', { timeout: 180_000 }, (version) => {
  test.each([
    ['a module that does not parse', { 'part.js': 'const = ;\n' }, 'part.js'],
    ['a plugin that throws in generateBundle', { 'fault.txt': 'generateBundle' }, null],
    ['a plugin that throws in writeBundle', { 'fault.txt': 'writeBundle' }, null]
  ])('tells viewers of %s until it is mended', async (_, fault, file) => {
    const hook = (name: string) =>
      `${name}() { if (readFileSync('fault.txt', 'utf8') === '${name}') throw new Error('thrown in ${name}') }`
    const project = new ViteProject(
      {
        ...FILES,
        'fault.txt': '',
        'vite.config.js': config(
          `  plugins: [sitedrive(), {
    name: 'thrower',
    buildStart() { this.addWatchFile(process.cwd() + '/fault.txt') },
    ${hook('generateBundle')},
    ${hook('writeBundle')}
  }]`,
          "import { readFileSync } from 'node:fs'"
        )
      },
      version
    )
    const run = await DevRun.start(project, WATCH)
    await run.untilPage('/', '<p>one</p>')
    await run.edit(fault as Record<string, string>, async () => (await run.status()).state === 'failed')
    const { failure } = await run.status()
    expect(failure?.file).toBe(file)
    if (file === null) expect(failure?.message).toMatch(/thrown in (generate|write)Bundle/)
    else expect(failure?.line).toBe(1)
    expect(failure?.message).not.toContain('\u001b')
    expect(await run.page('/')).toContain('<p>one</p>')

    const mended = {
      'part.js': 'console.log(3)\n',
      'fault.txt': '',
      'index.html': HTML.replace('one', 'mended')
    }
    await run.editPage(mended, '/', '<p>mended</p>')
    expect((await run.untilState('ready')).failure).toBe(null)
  })

  test('goes on where the preview cannot be opened', async () => {
    const project = new ViteProject({ ...FILES, 'not-a-folder': '' }, version)
    const run = new DevRun(project, WATCH, { SITEDRIVE_HOME: path.join(project.dir, 'not-a-folder') })
    await run.until(() => run.lines().length > 0)
    expect(run.lines()).toEqual([expect.stringContaining('No live preview: ')])
    const page = () => project.output()['/index.html'] ?? ''
    await run.edit({ 'index.html': HTML.replace('one', 'edited') }, () => page().includes('edited'))
  })
})

test(
  '`vite build --watch` with `preview: false` is what it is without the plugin',
  { timeout: 180_000 },
  async () => {
    const project = new ViteProject({
      ...FILES,
      'vite.config.js': config('  plugins: [sitedrive({ preview: false })]')
    })
    const run = new DevRun(project, WATCH)
    await run.until(() => run.output().includes('built in'))
    expect(linesOf({ output: run.output() })).toEqual([])
    expect(existsSync(path.join(project.home, 'previews'))).toBe(false)
  }
)

test(
  '`vite build --watch` of a server’s build says once that it is not shown',
  { timeout: 180_000 },
  async () => {
    const project = new ViteProject({ 'server.js': 'export default 1' })
    const run = await DevRun.start(project, ['build', '--watch', '--ssr', 'server.js'])
    const said = () => run.lines().filter((line) => line.includes('Not shown in the live preview'))
    await run.until(() => said().length > 0)
    const builds = () => run.output().split('built in').length
    await run.edit({ 'server.js': 'export default 2' }, () => builds() > 2)
    expect(said()).toEqual([expect.stringContaining('a build for a server (SSR)')])
  }
)
