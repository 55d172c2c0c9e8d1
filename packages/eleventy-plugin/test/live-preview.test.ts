import { existsSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { json, text } from 'node:stream/consumers'
import { cleanEnvironment, isAlive, previewPids, startCommand, until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { DevRun, devConfig } from './support/dev-run.js'
import { EleventyProject, linesOf, packageFolder } from './support/eleventy-project.js'

const COPYING = "  eleventyConfig.addPlugin(sitedrive)\n  eleventyConfig.addPassthroughCopy('assets')"
const HTML = '<!doctype html><html><head><title>A</title></head><body><p>one</p></body></html>'
const OWN = '.well-known/sitedrive'

describe('the live preview', { timeout: 180_000 }, () => {
  test('of --serve shows the first build, an edit, an asset that is copied, and a page that is added', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(COPYING),
      'index.html': HTML,
      'assets/a.css': 'p { color: teal }'
    })
    const run = await DevRun.start(project)
    expect(run.lines()).toEqual([
      expect.stringMatching(/^\[sitedrive\] Live preview: http:\/\/localhost:\d+\/$/),
      expect.stringMatching(/^\[sitedrive\] Review and publish: http:\/\/review\.localhost:\d+\/#[\w-]{32}$/),
      expect.stringMatching(
        /^\[sitedrive\] From another machine: npx sitedrive preview 'hyper:\/\/\w{52}\/#\w{56}'$/
      ),
      '[sitedrive] Builds of --watch and --serve are not published; `npx @11ty/eleventy` publishes.'
    ])
    expect(await run.page('/')).toContain('<p>one</p>')
    expect(await run.page('/')).toContain(`${OWN}/live.js`)
    expect(await run.page('/assets/a.css')).toBe('p { color: teal }')

    await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
    await run.editPage({ 'assets/a.css': 'p { color: plum }' }, '/assets/a.css', 'plum')
    await run.editPage({ 'two.html': '<p>a second page' }, '/two/', 'a second page')
    expect(await run.status()).toMatchObject({ state: 'ready', failure: null })
    // What lies on the disk is what Eleventy wrote.
    expect(Object.values(project.output()).join()).not.toContain(OWN)
    expect(run.lines()).toHaveLength(4)
  })

  test(
    'an edit of a page reads that page, not the files that are copied anew',
    { tags: 'long' },
    async () => {
      const assets = Object.fromEntries(
        Array.from({ length: 30 }, (_, n) => [`assets/${n}.css`, `p { order: ${n} }`])
      )
      const project = new EleventyProject({
        'eleventy.config.js': devConfig(COPYING),
        'index.html': HTML,
        ...assets
      })
      const run = await DevRun.start(project, undefined, { SITEDRIVE_DEBUG: 'preview' })
      await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
      await run.until(() => run.output().includes('compared 1 named files'))
      await run.editPage({ 'assets/7.css': 'p { order: 70 }' }, '/assets/7.css', '70')
      await run.until(() => run.output().split('compared 1 named files').length >= 3)
      expect(await run.page('/')).toContain('<p>edited</p>')
    }
  )

  test('says where it is with --quiet too', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': HTML })
    const { output } = project.start(['--serve', '--port=0', '--quiet'])
    const said = (text: string) => linesOf({ output: output() }).some((line) => line.includes(text))
    await until(() => said('Builds of --watch and --serve are not published'), { describe: output })
    for (const text of ['Live preview: http://', 'Review and publish: ', 'From another machine: '])
      expect(said(text)).toBe(true)
  })

  test(
    'shows what eleventy-img makes on request as that, and its review has no problem with it',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject(
        {
          'package.json': '{"scripts":{"build":"eleventy"}}',
          'eleventy.config.js': devConfig(
            "  eleventyConfig.addPlugin(eleventyImageTransformPlugin, { transformOnRequest: true, formats: ['png'] })\n  eleventyConfig.addPlugin(sitedrive)",
            "import { eleventyImageTransformPlugin } from '@11ty/eleventy-img'"
          ),
          'index.html': '<!doctype html><title>A</title><img src="./pixel.png" alt="A pixel">',
          'pixel.png': Buffer.from(
            'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
            'base64'
          )
        },
        ['@11ty/eleventy-img']
      )
      const run = await DevRun.start(project)
      const [, src] = /<img[^>]* src="(\/\.11ty\/image\/[^"]*)"/.exec(await run.page('/')) ?? []
      const target = String(src).replaceAll('&amp;', '&')
      expect((await fetch(new URL(target, run.ownUrl))).headers.get('content-type')).toContain('image/png')
      const shown = await fetch(new URL(target, run.url), { headers: { accept: 'image/*' } })
      expect(await shown.text()).toContain('Eleventy makes this on request')
      const [, port, token] =
        /Review and publish: http:\/\/review\.localhost:(\d+)\/#(\S+)/.exec(run.output()) ?? []
      const review = (): Promise<{ isChecking: boolean; findings: unknown[] }> =>
        askReview(Number(port), String(token))
      await until(async () => !(await review()).isChecking, { describe: () => run.output() })
      expect((await review()).findings).toEqual([])
    }
  )

  test('leaves Eleventy its own server, with its script and its reload', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.html': HTML })
    const run = await DevRun.start(project)
    const own = await navigate(run.ownUrl)
    expect(own).toContain('/.11ty/reload-client.js')
    expect(own).not.toContain(OWN)
    expect(await run.page('/')).not.toContain('/.11ty/')

    const reloads = await listenForReloads(run.ownUrl)
    await run.edit({ 'index.html': HTML.replace('one', 'edited') }, () => reloads().length > 0)
    await run.untilPage('/', '<p>edited</p>')
  })

  test.each([
    ['--watch', ['--watch']],
    ['--incremental', ['--watch', '--incremental']]
  ])(
    'of %s shows edits, and is ready again after a build that changes nothing',
    { tags: 'long' },
    async (_, args) => {
      const project = new EleventyProject({
        'eleventy.config.js': devConfig(),
        'index.html': HTML,
        'two.md': '2'
      })
      const run = await DevRun.start(project, args)
      expect(run.lines()).toHaveLength(4)
      await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
      const builds = () => run.output().split('Watching…').length
      const before = builds()
      await run.edit({ 'index.html': HTML.replace('one', 'edited') }, () => builds() > before)
      await run.until(async () => (await run.status()).state === 'ready')
      expect(await run.page('/two/')).toContain('2')
    }
  )

  test('shows what another program writes or deletes in the output, as soon as somebody looks', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(),
      'index.html': HTML,
      'two.md': 'Two'
    })
    const run = await DevRun.start(project, ['--watch'])
    rmSync(path.join(project.dir, 'two.md'))
    rmSync(path.join(project.dir, '_site/two'), { recursive: true })
    project.write({ '_site/bundle.js': 'by a bundler' })
    const leave = await run.look()
    await run.untilPage('/bundle.js', 'by a bundler')
    await run.until(async () => (await run.fetch('/two/')).status === 404)
    project.write({ '_site/bundle.js': 'again' })
    await run.untilPage('/bundle.js', 'again')
    expect(await run.page('/')).toContain('<p>one</p>')
    leave()
  })

  test(
    'shows pages as the handlers of other plugins leave them, wherever those are added',
    { tags: 'long' },
    async () => {
      const lines = `  eleventyConfig.addPlugin(sitedrive)
  eleventyConfig.on('eleventy.after', async () => {
    await setTimeout(50)
    writeFileSync('_site/index.html', readFileSync('_site/index.html', 'utf8').replace('</p>', ' minified</p>'))
  })`
      const imports = `import { setTimeout } from 'node:timers/promises'
import { readFileSync, writeFileSync } from 'node:fs'`
      const project = new EleventyProject({
        'eleventy.config.js': devConfig(lines, imports),
        'index.html': HTML
      })
      const run = await DevRun.start(project, ['--watch'])
      expect(await run.page('/')).toContain('one minified')
      await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited')
      expect(await run.page('/')).toContain('edited minified')
    }
  )

  test(
    'stays the same when the config is edited, and ends when that wants none any more',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.html': HTML })
      const run = await DevRun.start(project)
      const before = { url: run.url, pids: previewPids(project.home) }
      expect(before.pids).toHaveLength(1)
      const edited = devConfig(
        "  eleventyConfig.addPlugin(sitedrive)\n  eleventyConfig.setOutputDirectory('public')\n" +
          "  eleventyConfig.addTransform('mark', (content) => content + '<i>by the new config</i>')"
      )
      await run.editPage({ 'eleventy.config.js': edited }, '/', 'by the new config')
      expect(previewPids(project.home)).toEqual(before.pids)
      expect(run.lines()).toHaveLength(4)

      const none = devConfig('  eleventyConfig.addPlugin(sitedrive, { preview: false })')
      await run.edit({ 'eleventy.config.js': none }, () => previewPids(project.home).length === 0)
      await run.until(() => !before.pids.some(isAlive))
      expect(run.lines()).toHaveLength(4)
    }
  )

  test(
    'says that it lacks what Eleventy’s server serves without writing it, and how to have it',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({
        'eleventy.config.js': devConfig(
          `${COPYING}\n  eleventyConfig.setServerPassthroughCopyBehavior('passthrough')`
        ),
        'index.html': HTML,
        'assets/a.css': 'p { color: teal }'
      })
      const run = await DevRun.start(project)
      await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
      expect(run.lines().filter((line) => line.includes('setServerPassthroughCopyBehavior'))).toHaveLength(1)
      expect((await run.fetch('/assets/a.css')).status).toBe(404)
    }
  )

  test('with `preview: false` is nothing at all', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': devConfig('  eleventyConfig.addPlugin(sitedrive, { preview: false })'),
      'index.html': HTML
    })
    const run = new DevRun(project, ['--watch'])
    await run.ready()
    expect(run.lines()).toEqual([])
    expect(existsSync(path.join(project.home, 'previews'))).toBe(false)
    run.running.signal('SIGINT')
    expect(await run.running.finished).toMatchObject({ exitCode: 0 })
  })

  test('does not delay a publish in a second terminal, and is no part of it', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.html': HTML })
    const run = await DevRun.start(project)
    const { output } = await project.build()
    expect(output).toContain('Release 1')
    expect(output).not.toContain('Another publish')
    const site = await project.published()
    expect(site?.files).toEqual({ '/index.html': HTML })
    await run.editPage({ 'index.html': HTML.replace('one', 'edited') }, '/', '<p>edited</p>')
    expect(await project.published()).toEqual(site)
  })

  test(
    'is one for a project: of two Eleventys in one process, the second is told so and builds on',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({
        'src/index.html': HTML,
        'build.mjs': `
import { Eleventy } from '@11ty/eleventy'
for (const output of ['first', 'second', 'first', 'second']) {
  await new Eleventy('src', output, { runMode: 'watch' }).write()
}
process.stdin.resume()`
      })
      const running = startCommand(
        { command: process.execPath, args: ['build.mjs'] },
        {
          cwd: project.dir,
          env: cleanEnvironment({ SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
        }
      )
      await running.finished
      expect(project.output('second')).toEqual({ '/index.html': HTML })
      const lines = linesOf({ output: running.output() })
      expect(lines.filter((line) => line.includes('one live preview'))).toEqual([
        expect.stringContaining(path.join(project.dir, 'second'))
      ])
      await until(() => previewPids(project.home).length === 0)
    }
  )
})

/** Gets a page as a browser does whose address bar it was typed into, which `fetch` does not. */
async function navigate(url: string): Promise<string> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  return text(response)
}

interface Socket {
  on(event: string, listener: (data: unknown) => void): void
  close(): void
}

/** What the review page is shown. */
function askReview(port: number, token: string): Promise<{ isChecking: boolean; findings: unknown[] }> {
  const headers = { host: `review.localhost:${port}`, 'sitedrive-token': token }
  return new Promise((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, path: '/api/review', headers },
      (answer) => void json(answer).then(resolve as never, reject)
    ).on('error', reject)
  })
}

/** Listens to Eleventy's own server as its script in a browser does. @returns the reloads so far */
async function listenForReloads(url: string): Promise<() => string[]> {
  const eleventy = createRequire(path.join(packageFolder('@11ty/eleventy'), 'package.json'))
  const devServer = createRequire(eleventy.resolve('@11ty/eleventy-dev-server'))
  const { WebSocket } = devServer('ws') as { WebSocket: new (url: string) => Socket }
  const reloads: string[] = []
  const socket = new WebSocket(url.replace('http', 'ws'))
  await new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  socket.on('message', (data) => {
    const message = String(data)
    if (message.includes('eleventy.reload')) reloads.push(message)
  })
  return () => reloads
}
