import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeKey, parseBootstrap } from '@sitedrive/core/drive'
import {
  cleanEnvironment,
  hasBrowser,
  LOOKS,
  openBrowser,
  readFolder,
  runCommand,
  runToSuccess,
  screenshots,
  startCommand,
  temporaryFolder,
  until,
  type Command,
  type Finished
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { request } from '../../mirror/test/support/request.js'
import { eleventyCommand, packageFolder } from './support/eleventy-project.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MAIN = path.join(packageFolder('sitedrive'), 'bin/sitedrive.js')
const PLAIN_CLIENT = fileURLToPath(new URL('support/plain-client.mjs', import.meta.url))
const axe = readFileSync(
  createRequire(path.join(ROOT, 'docs/package.json')).resolve('axe-core/axe.min.js'),
  'utf8'
)

const sitedrive = (...words: string[]): Command => ({ command: process.execPath, args: [MAIN, ...words] })

/** The docs in a folder of their own, beside all that they link to, and a machine to build them on. */
class Docs {
  readonly home = path.join(temporaryFolder(), 'home')
  readonly dir = path.join(temporaryFolder(), 'docs')
  readonly output = path.join(this.dir, '_site')

  constructor() {
    const source = path.join(ROOT, 'docs')
    const made = ['_site', 'node_modules', 'sitedrive.json'].map((name) => path.join(source, name))
    cpSync(source, this.dir, { recursive: true, filter: (file) => !made.includes(file) })
    symlinkSync(path.join(source, 'node_modules'), path.join(this.dir, 'node_modules'), 'junction')
    for (const name of readdirSync(ROOT))
      if (name !== 'docs') symlinkSync(path.join(ROOT, name), path.join(this.dir, '..', name), 'junction')
  }

  run(command: Command, env: Record<string, string> = {}): Promise<Finished> {
    return runToSuccess(command, { cwd: this.dir, env: this.env(env) })
  }

  build(env: Record<string, string> = {}): Promise<Finished> {
    return this.run(eleventyCommand(), env)
  }

  async json(...words: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await runCommand(sitedrive('--json', ...words), { cwd: this.dir, env: this.env() })
    return JSON.parse(stdout) as Record<string, unknown>
  }

  env(variables: Record<string, string> = {}): NodeJS.ProcessEnv {
    return cleanEnvironment({ SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...variables })
  }
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test(
  'the docs are built by Eleventy, published by the plugin to a peer, read from there as they were built, and without findings',
  { timeout: 180_000 },
  async () => {
    const docs = new Docs()
    const peer = startCommand(sitedrive('--json', 'peer', '--local', '--port', '0'), {
      cwd: docs.dir,
      env: docs.env({ SITEDRIVE_BOOTSTRAP: '' }),
      deadlineMs: 170_000
    })
    const [ready] = await until(() => /^\{.*\}$/m.exec(peer.output()), { describe: peer.output })
    const { key: seed, url, bootstrap } = JSON.parse(ready) as Record<'key' | 'url' | 'bootstrap', string>
    const { key } = (await docs.json('init', '--seed', seed)) as { key: string }

    const { output } = await docs.build({ SITEDRIVE_BOOTSTRAP: bootstrap, SITEDRIVE_CHECKS: 'fail' })
    expect(output).toMatch(/^\[sitedrive\] Release 1: /m)

    const built = Object.fromEntries(
      readdirSync(docs.output, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file) => [`/${path.relative(docs.output, file)}`, hashOf(readFileSync(file))])
    )
    expect(Object.keys(built)).toContain('/index.html')

    // Drawn on GitHub alone; here it would be code.
    const pages = Object.entries(readFolder(docs.output)).filter(([name]) => name.endsWith('.html'))
    expect(pages.filter(([, text]) => text.includes('language-mermaid')).map(([name]) => name)).toEqual([])

    const port = Number(new URL(url).port)
    const overHttp: Record<string, string> = {}
    for (const file of Object.keys(built)) {
      const { status, bytes } = await request(port, `${key}.localhost`, file)
      overHttp[file] = status === 200 ? hashOf(bytes) : String(status)
    }
    expect(overHttp).toEqual(built)

    const client = {
      command: process.execPath,
      args: [PLAIN_CLIENT, Buffer.from(decodeKey(key)).toString('hex')]
    }
    client.args.push(JSON.stringify(parseBootstrap(bootstrap)))
    const { stdout } = await docs.run(client)
    const { '/.well-known/sitedrive.json': record, ...overHyperdrive } = JSON.parse(stdout) as Record<
      string,
      string
    >
    expect(record).toBeDefined()
    expect(overHyperdrive).toEqual(built)

    // Against an empty folder, so that every page is looked at.
    const { findings, changes } = await docs.json('review', '_site', '--against', temporaryFolder())
    expect(findings).toEqual([])
    expect(changes).toHaveLength(Object.keys(built).length)
  }
)

test('every page is in the lists of docs/README.md, which are the navigation', () => {
  const folders = readdirSync(path.join(ROOT, 'docs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['node_modules', '_site'].includes(entry.name))
    .map(({ name }) => name)
  const pages = ['', ...folders].flatMap((folder) =>
    readdirSync(path.join(ROOT, 'docs', folder))
      .filter((name) => name.endsWith('.md') && name !== 'README.md')
      .map((name) => path.posix.join(folder, name))
  )
  const lists = readFileSync(path.join(ROOT, 'docs/README.md'), 'utf8')
  const listed = [...lists.matchAll(/^- \[.+?\]\(([^)]+)\)/gm)].map(([, href]) => href)
  expect(pages.filter((page) => !listed.includes(page))).toEqual([])
})

test.skipIf(!hasBrowser)(
  'no page of the docs has anything that axe finds, or is wider than its window',
  { tags: 'long', timeout: 600_000 },
  async () => {
    const docs = new Docs()
    await docs.build({ SITEDRIVE_PUBLISH: '0' })
    const page = await (await openBrowser()).newPage()
    const faults: string[] = []
    for (const file of Object.keys(readFolder(docs.output)).filter((name) => name.endsWith('.html'))) {
      await page.goto(`file://${docs.output}${file}`)
      await screenshots(page, `docs${file.replace(/\W/g, '-')}`)
      for (const { width, colorScheme } of LOOKS) {
        await page.setViewportSize({ width: width === 'wide' ? 1280 : 390, height: 800 })
        await page.emulateMedia({ colorScheme })
        const { violations } = (await page.evaluate(
          `(() => { ${axe}; return axe.run(document, { resultTypes: ['violations'] }) })()`
        )) as { violations: { id: string; nodes: { html: string }[] }[] }
        for (const { id, nodes } of violations)
          faults.push(`${file}, ${width}, ${colorScheme}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
        if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
          faults.push(`${file}, ${width}: it is wider than its window`)
      }
    }
    expect(faults).toEqual([])
  }
)
