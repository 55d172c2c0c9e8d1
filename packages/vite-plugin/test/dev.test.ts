import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { parsePreviewLink } from '@sitedrive/core/preview'
import { followPreview, openLiveServer } from '@sitedrive/preview/live'
import {
  hasBrowser,
  isAlive,
  localDht,
  openBrowser,
  previewPids,
  sitesIn,
  temporaryFolder
} from '@sitedrive/testing'
import { qrCode } from '@sitedrive/terminal/qr-code'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DevRun } from './support/dev-run.js'
import { config, linesOf, VERSIONS, ViteProject } from './support/vite-project.js'

const HTML = '<!doctype html>\n<title>A</title>\n<p>one</p>\n<script type="module" src="/main.js"></script>\n'
const FILES = { 'index.html': HTML, 'main.js': 'console.log(1)\n' }
const html = (text: string) => HTML.replace('one</p>', `${text}</p><i>%SITEDRIVE_KEY%</i>`)

/** An address of this machine in a local network. */
const lan = Object.values(networkInterfaces())
  .flat()
  .find((each) => each && !each.internal && each.family === 'IPv4')

describe.each(VERSIONS)('the dev server of Vite %i', { timeout: 180_000 }, (version) => {
  test('builds nothing until somebody looks at the preview, and from then on what they should see', async () => {
    const project = new ViteProject(
      {
        ...FILES,
        'index.html': html('one'),
        'dist/index.html': 'the project’s own',
        'vite.config.js': config(
          `  plugins: [sitedrive(), { name: 'count',
    buildStart() { if (this.environment.config.command === 'build') appendFileSync(process.env.SITEDRIVE_HOME + '/builds', '.') },
    configureServer: ({ watcher }) => void watcher.on('all', (_, file) => console.log('HEARD ' + relative('.', file)))
  }]`,
          "import { appendFileSync } from 'node:fs'\nimport { relative } from 'node:path'"
        )
      },
      version
    )
    const builds = () => readFileSync(path.join(project.home, 'builds'), 'utf8').length
    const run = await DevRun.start(project)
    expect(run.lines()).toEqual([
      expect.stringMatching(/^\[sitedrive\] Live preview: http:\/\/localhost:\d+\/$/),
      expect.stringMatching(/^\[sitedrive\] Review and publish: http:\/\/review\.localhost:\d+\/#[\w-]{32}$/),
      expect.stringMatching(
        /^\[sitedrive\] From another machine: npx sitedrive preview 'hyper:\/\/\w{52}\/#\w{56}'$/
      )
    ])
    // What Vite has heard of, a preview that somebody looks at would have built.
    const edits = { 'main.js': 'console.log(2)\n', 'public/a.txt': 'a', 'index.html': html('two') }
    for (const [file, text] of Object.entries(edits)) {
      project.write({ [file]: text })
      await run.until(() => run.output().includes(`HEARD ${file}`))
    }
    const leave = await run.look()
    await run.untilPage('/', '<p>two</p><i></i>')
    expect(builds()).toBe(1)
    expect(await run.page('/')).toMatch(/<script type="module".* src="\/assets\/index\.js">/)
    await run.editPage({ 'index.html': html('three') }, '/', '<p>three</p>')
    await run.editPage({ 'public/new.txt': 'new' }, '/new.txt', 'new')
    leave()

    // Who comes back gets what changed meanwhile.
    await run.until(async () => (await run.status()).state === 'ready')
    project.write({ 'index.html': html('four') })
    const leaveAgain = await run.look()
    await run.untilPage('/', '<p>four</p>')
    leaveAgain()

    // At most two for each of the four times: a change may come while the last one is built.
    expect(builds()).toBeLessThanOrEqual(8)
    expect(project.output()).toEqual({ '/index.html': 'the project’s own' })
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
    expect(run.lines()).toHaveLength(3)
  })

  test('tells viewers of a build that fails, until it is mended', async () => {
    const project = new ViteProject(FILES, version)
    const run = await DevRun.start(project)
    const leave = await run.look()
    await run.untilPage('/', '<p>one</p>')
    project.write({ 'main.js': "console.log(1)\nimport './missing.js'\n" })
    const { failure } = await run.untilState('failed')
    expect(failure?.message).toContain('./missing.js')
    expect(failure?.message).not.toContain('\u001b')
    project.write({ 'main.js': 'console.log(\n' })
    await run.until(async () => (await run.status()).failure?.file === 'main.js')
    project.write({ 'main.js': 'console.log(2)\n' })
    expect((await run.untilState('ready')).failure).toBe(null)
    leave()
  })

  test('keeps its preview when it starts anew for an edited config, which is then built', async () => {
    const project = new ViteProject(FILES, version)
    const run = await DevRun.start(project)
    const before = previewPids(project.home)
    expect(before).toHaveLength(1)
    const leave = await run.look()
    await run.untilPage('/', '<p>one</p>')
    const edited = config(
      "  plugins: [sitedrive(), { name: 'mark', transformIndexHtml: (html) => html + 'by the new config' }]"
    )
    await run.editPage({ 'vite.config.js': edited }, '/', 'by the new config')
    await run.editPage({ 'index.html': HTML.replace('one', 'after it') }, '/', '<p>after it</p>')
    expect(previewPids(project.home)).toEqual(before)
    expect(run.lines()).toHaveLength(3)
    leave()
  })

  test('knows the address in pages and code', { tags: 'long' }, async () => {
    const project = new ViteProject(
      {
        'index.html': '<p>%SITEDRIVE_URL%</p><script type="module" src="/main.js"></script>',
        'main.js': 'console.log(import.meta.env.SITEDRIVE_KEY)'
      },
      version
    )
    await project.build()
    const key = (await project.published())?.key
    const run = await DevRun.start(project)
    const page = await fetch(run.ownUrl, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain(`<p>hyper://${key}/</p>`)
    expect(await (await fetch(new URL('/main.js', run.ownUrl))).text()).toContain(`"SITEDRIVE_KEY": "${key}"`)
  })

  /** What the dev server of a project prints after `h` and `s`, each with enter. */
  async function afterShortcuts(settings: string) {
    const project = new ViteProject(
      {
        ...FILES,
        'dev.mjs': `
import { PassThrough } from 'node:stream'
import { createLogger, createServer } from 'vite'
const stdin = Object.assign(new PassThrough(), { isTTY: true })
Object.defineProperty(process, 'stdin', { value: stdin })
const customLogger = createLogger()
const { info } = customLogger
let server
customLogger.info = (text, options) => {
  info(text, options)
  if (text.includes('press s + enter')) stdin.write('h\\ns\\n')
  if (text.includes('On this machine')) void server.close().then(() => console.log('CLOSED'))
}
server = await createServer({ customLogger, server: { ${settings} } })
await server.listen()
server.bindCLIShortcuts({ print: true })`
      },
      version
    )
    const { output } = await project.script('dev.mjs')
    expect(output).toContain('CLOSED')
    expect(previewPids(project.home)).toEqual([])
    return output
  }

  test('shows the link at s + enter, says how a phone opens it, and ends with nothing left', async () => {
    const output = await afterShortcuts('port: 0')
    expect(output).toContain('s + enter to show the link of the live preview, and a QR code for a phone')
    expect(output).toMatch(
      /On this machine: +http:\/\/localhost:\d+\/\n +Review and publish: +http:\/\/review\.localhost:\S+\n +From another machine: +npx sitedrive preview 'hyper:\/\/\w{52}\/#\w{56}'\n +On a phone: +start the dev server with --host/
    )
    expect(output).not.toMatch(/[▀▄█]{3}/)
  })

  test.skipIf(!lan)(
    'shows a QR code of its address in the local network when the dev server is open to that',
    { tags: 'long' },
    async () => {
      const output = await afterShortcuts("port: 0, host: '0.0.0.0'")
      const [, phone = ''] = /On a phone: +(\S+)/.exec(output) ?? []
      expect(phone).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:\d+\/\?sitedrive-token=\S{16}$/)
      for (const line of qrCode(phone)) expect(output).toContain(line)
    }
  )
})

describe('the live preview of the dev server', { timeout: 180_000 }, () => {
  test('never touches the project’s own output, wherever its config puts that, nor the site', async () => {
    const project = new ViteProject({
      ...FILES,
      'vite.config.js': config(`  plugins: [sitedrive()],
  build: { outDir: 'public_html', rollupOptions: { output: [{ dir: 'public_html/a' }, { dir: 'public_html/b' }] } },
  environments: { client: { build: { outDir: 'public_html' } } }`),
      'public_html/own.txt': 'own'
    })
    const run = await DevRun.start(project)
    const leave = await run.look()
    await run.untilPage('/b/', '<p>one</p>')
    expect(await run.page('/a/')).toContain('<p>one</p>')
    leave()
    expect(project.output('public_html')).toEqual({ '/own.txt': 'own' })
    expect(sitesIn(project.home)).toEqual([])
  })

  test('refuses a config that writes to the project’s own output all the same', async () => {
    const project = new ViteProject({
      ...FILES,
      'vite.config.js': config(`  plugins: [sitedrive(), {
    name: 'stubborn', enforce: 'post', configResolved: ({ build, environments }) => { environments.client.build.outDir = build.outDir = 'dist' }
  }]`),
      'dist/own.txt': 'own'
    })
    const run = await DevRun.start(project)
    const leave = await run.look()
    expect((await run.untilState('failed')).failure?.message).toContain('makes every build write to')
    leave()
    expect(project.output()).toEqual({ '/own.txt': 'own' })
  })

  test.skipIf(process.platform !== 'linux')(
    'keeps the secret of the site from its process, and from the builds that it shows',
    async () => {
      const project = new ViteProject({
        ...FILES,
        'vite.config.js': config(
          "  plugins: [sitedrive(), { name: 'pid', apply: 'build', buildStart() { if (this.environment.config.command === 'build') writeFileSync(process.env.SITEDRIVE_HOME + '/pid', String(process.pid)) } }]",
          "import { writeFileSync } from 'node:fs'"
        )
      })
      const secret = 'ab'.repeat(32)
      const run = await DevRun.start(project, ['--port=0'], { SITEDRIVE_SECRET: secret, COPY: secret })
      await run.look()
      await run.untilPage('/', '<p>one</p>')
      const pids = [
        ...previewPids(project.home),
        Number(readFileSync(path.join(project.home, 'pid'), 'utf8'))
      ]
      expect(pids).toHaveLength(2)
      for (const pid of pids) {
        const seen = ['environ', 'cmdline'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join()
        expect(seen).toContain('SITEDRIVE_HOME')
        expect(seen).not.toContain(secret)
        expect(seen).not.toContain(run.link.slice(-40))
      }
    }
  )

  test('ends with the dev server, and so does the process that builds for it', { tags: 'long' }, async () => {
    const project = new ViteProject({
      ...FILES,
      'vite.config.js': config(
        "  plugins: [sitedrive(), { name: 'pid', apply: 'build', buildStart() { if (this.environment.config.command === 'build') writeFileSync(process.env.SITEDRIVE_HOME + '/pid', String(process.pid)) } }]",
        "import { writeFileSync } from 'node:fs'"
      )
    })
    const run = await DevRun.start(project)
    await run.look()
    await run.untilPage('/', '<p>one</p>')
    const pids = [...previewPids(project.home), Number(readFileSync(path.join(project.home, 'pid'), 'utf8'))]
    expect(pids.filter(isAlive)).toHaveLength(2)
    run.running.signal('SIGTERM')
    await run.running.finished
    await run.until(() => !pids.some(isAlive))
  })

  test.each([
    ['of a framework that renders pages itself', "  appType: 'custom',\n  plugins: [sitedrive()]"],
    ['of `preview: false`', '  plugins: [sitedrive({ preview: false })]']
  ])('is not there in the dev server %s', async (_, lines) => {
    const project = new ViteProject({ ...FILES, 'vite.config.js': config(lines) })
    const run = new DevRun(project)
    await run.until(() => run.ownUrl !== '')
    await fetch(run.ownUrl)
    expect(linesOf({ output: run.output() })).toEqual([])
    expect(existsSync(path.join(project.home, 'previews'))).toBe(false)
  })

  test.skipIf(!hasBrowser)('is followed by a browser at a preview peer, edit by edit', async () => {
    const { bootstrap, variable } = await localDht()
    const html = HTML.replace('</title>', '</title>\n<link rel="stylesheet" href="/style.css">').replace(
      '</p>',
      '</p>\n<input>'
    )
    const project = new ViteProject({
      ...FILES,
      'index.html': html,
      'style.css': 'p { color: rgb(1, 2, 3) }'
    })
    const run = await DevRun.start(project, ['--port=0'], { SITEDRIVE_BOOTSTRAP: variable })
    const feed = await followPreview({ link: parsePreviewLink(run.link), dir: temporaryFolder(), bootstrap })
    const server = await openLiveServer({ feed })
    onTestFinished(async () => {
      await feed.close()
      await server.close()
    })
    const page = await (await openBrowser()).newPage()
    await run.until(async () => (await fetch(server.url)).status === 200)
    await page.goto(server.url)
    await page.waitForSelector('p')
    await page.fill('input', 'kept')
    for (const text of ['two', 'three', 'four']) {
      project.write({ 'index.html': html.replace('one', text) })
      await run.until(async () => (await page.textContent('p')) === text)
    }
    project.write({ 'style.css': 'p { color: rgb(4, 5, 6) }' })
    await run.until(
      async () =>
        (await page.evaluate("getComputedStyle(document.querySelector('p')).color")) === 'rgb(4, 5, 6)'
    )
    expect(await page.inputValue('input')).toBe('kept')

    project.write({ 'main.js': 'console.log(\n' })
    await run.until(() => feed.status.state === 'failed')
    expect(feed.status.failure).toMatchObject({ file: 'main.js' })
    project.write({ 'main.js': 'console.log(2)\n' })
    await run.until(() => feed.status.state === 'ready')
  })
})
