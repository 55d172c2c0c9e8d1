import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { keptSources, linkPackages, sitesIn } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { config, linesOf, packageFolder, VERSIONS, ViteProject, VITES } from './support/vite-project.js'

describe('a build', { timeout: 180_000 }, () => {
  test('says of the first release what was added, that no seed has it, where the new key is, and last the bare link', async () => {
    const project = new ViteProject({ 'public/robots.txt': '' })
    const { output, stdout, stderr } = await project.build()
    const { key } = JSON.parse(readFileSync(path.join(project.dir, 'sitedrive.json'), 'utf8')) as {
      key: string
    }
    expect(linesOf({ output })).toEqual([
      expect.stringMatching(/^\[sitedrive\] Release 1: 1 new page.*; \d+ B written, in [\d.]+ m?s\.$/),
      expect.stringMatching(/^\[sitedrive\] No seed keeps this site online yet/),
      expect.stringMatching(/^\[sitedrive\] The site's key is new; its secret is in .*key backup/),
      `hyper://${key}/`
    ])
    expect(stdout.endsWith(`\nhyper://${key}/\n`)).toBe(true)
    expect(stderr).toBe('')
  })

  test.each(VERSIONS)('names Vite %i as the generator of the release', { tags: 'long' }, async (vite) => {
    const project = new ViteProject({}, vite)
    await project.build()
    const file = path.join(packageFolder(VITES[vite]), 'package.json')
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    expect((await project.published())?.record.generator).toEqual({ name: 'Vite', version })
  })

  test.each(VERSIONS)('keeps what each page was made of, with Vite %i', async (vite) => {
    const two = '<!doctype html>\n<title>Two</title>\n'
    const input =
      "  root: 'src',\n  build: { outDir: '../dist', rollupOptions: { input: ['src/index.html', 'src/two/index.html'] } },"
    const project = new ViteProject(
      {
        'vite.config.js': config(`${input}\n  plugins: [sitedrive()]`),
        'package.json': '{ "private": true, "type": "module" }',
        'src/index.html': two,
        'src/two/index.html': two,
        'src/public/other.html': 'not one of Vite’s pages'
      },
      vite
    )
    await project.build()
    expect(keptSources(project.home, project.dir)).toEqual({
      '/index.html': ['src/index.html', two],
      '/two/index.html': ['src/two/index.html', two]
    })
  })

  test.each(VERSIONS)('tells which names Vite %i made of their content, and no others', async (vite) => {
    const project = new ViteProject(
      {
        'vite.config.js': config(
          `  build: { assetsInlineLimit: 0, rollupOptions: { input: ['index.html', 'two.html'] } },
  plugins: [sitedrive(), { name: 'names', generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'sw.js', source: '1' })
    this.emitFile({ type: 'asset', name: 'guide.pdf', source: '2' })
  } }]`
        ),
        'index.html': '<!doctype html><title>A</title><script type="module" src="/main.js"></script>',
        'two.html': '<!doctype html><title>B</title><script type="module" src="/two.js"></script>',
        'main.js':
          "import './a.css'; import p from './My photo.png'; import('./late.js'); document.title = p",
        'two.js': "import('./late.js')",
        'late.js': "console.log('late')",
        'a.css': 'p { color: teal }',
        'My photo.png': 'PNG',
        'public/assets/report-Q3FY24Final.pdf': 'PDF'
      },
      vite
    )
    await project.build()
    const site = await project.published()
    const plain = ['/index.html', '/two.html', '/sw.js', '/assets/report-Q3FY24Final.pdf']
    const hashed = Object.keys(site?.files ?? {}).filter((file) => !plain.includes(file))
    expect(hashed.length).toBeGreaterThanOrEqual(6)
    expect(site?.fingerprinted.toSorted()).toEqual(hashed.toSorted())
  })

  test('of files without a hash in their names tells of none', async () => {
    const names = ['entry', 'chunk', 'asset'].map((kind) => `${kind}FileNames: '[name].bundled[extname]'`)
    const project = new ViteProject({
      'vite.config.js': config(
        `  build: { rollupOptions: { output: { ${names.join(', ').replaceAll("d[extname]', ", "d.js', ")} } } },\n  plugins: [sitedrive()]`
      ),
      'index.html': '<!doctype html><title>A</title><script type="module" src="/main.js"></script>',
      'main.js': "import './a.css'",
      'a.css': 'p { color: teal }'
    })
    await project.build()
    expect(await project.published()).toMatchObject({ fingerprinted: [], record: { added: 3 } })
  })

  test(
    'with the option `checks: "fail"` fails where readers would meet something broken',
    { tags: 'long' },
    async () => {
      const project = new ViteProject({
        'vite.config.js': config("  plugins: [sitedrive({ checks: 'fail' })]"),
        'index.html': '<!doctype html>\n<title>Start</title>\n<a href="/nowhere.html">there</a>'
      })
      const { exitCode, output } = await project.run(['build'])
      expect(exitCode).toBe(1)
      expect(output).toMatch(/CHECKS_FAILED[^]*index\.html:3: The link `\/nowhere\.html` leads nowhere\./)
      expect(await project.published()).toBe(null)
    }
  )

  test(
    'says nothing with --logLevel silent; with warn and error the release, the link and warnings, on stderr',
    { tags: 'long' },
    async () => {
      const project = new ViteProject({
        'vite.config.js': config("  base: '/docs/',\n  plugins: [sitedrive()]")
      })
      expect((await project.build(['--logLevel', 'silent'])).output).toBe('')
      expect((await project.published())?.files).toEqual(project.output())
      for (const [release, level] of [
        [2, 'warn'],
        [3, 'error']
      ] as const) {
        project.write({ 'index.html': `edited, ${level}` })
        const { stdout, stderr } = await project.build(['--logLevel', level])
        const site = await project.published()
        expect(stdout).toBe('')
        expect(linesOf({ output: stderr })).toEqual([
          expect.stringContaining("With `base: '/docs/'`"),
          expect.stringContaining(`Release ${release}: `),
          `hyper://${site?.key}/`
        ])
        expect(site?.files).toEqual(project.output())
      }
      project.write({ 'main.js': '' })
      const { stderr } = await project.build(['--logLevel', 'error', '--outDir', 'out', '--ssr', 'main.js'])
      expect(stderr).toContain('Not published: ')
    }
  )

  test('speaks through a logger of the config’s own', { tags: 'long' }, async () => {
    const project = new ViteProject({
      'vite.config.js': config(
        "  customLogger: { ...createLogger(), info: (text) => console.log('> ' + text) },\n  plugins: [sitedrive()]",
        "import { createLogger } from 'vite'"
      )
    })
    expect((await project.build()).output).toContain('> [sitedrive] Release 1')
  })

  test.each([
    ['/docs/', 'work below `/docs/` only'],
    ['https://cdn.example/', 'from `https://cdn.example/`']
  ])('warns of the base %s before it is published', { tags: 'long' }, async (base, why) => {
    const project = new ViteProject({
      'vite.config.js': config(`  base: '${base}',\n  plugins: [sitedrive()]`)
    })
    const lines = linesOf(await project.build())
    expect(lines[0]).toContain(why)
    expect(lines[1]).toContain('Release 1')
  })

  test.each(['/', './', ''])('says nothing of the base `%s`', { tags: 'long' }, async (base) => {
    const project = new ViteProject({
      'vite.config.js': config(`  base: '${base}',\n  plugins: [sitedrive()]`)
    })
    expect(linesOf(await project.build())[0]).toContain('Release 1')
  })

  test('publishes once when the plugin is listed twice, however deep', { tags: 'long' }, async () => {
    const project = new ViteProject({
      'vite.config.js': config('  plugins: [sitedrive(), [null, Promise.resolve([sitedrive()])]]')
    })
    await project.build()
    expect(linesOf(await project.build())).toHaveLength(1)
  })

  test.each(VERSIONS)(
    'publishes what other plugins write in closeBundle, wherever they stand (Vite %i)',
    async (vite) => {
      const writer = (name: string, rest: string) =>
        `{ name: '${name}', ${rest} closeBundle: { order: 'post', async handler() { await setTimeout(50); writeFileSync('dist/${name}.txt', '') } } }`
      const project = new ViteProject(
        {
          'vite.config.js': config(
            `  plugins: [${writer('first', '')}, sitedrive(), ${writer('last', "enforce: 'post',")}]`,
            "import { writeFileSync } from 'node:fs'\nimport { setTimeout } from 'node:timers/promises'"
          )
        },
        vite
      )
      for (const release of [1, 1]) {
        await project.build()
        const site = await project.published()
        expect(Object.keys(site?.files ?? {}).toSorted()).toEqual(['/first.txt', '/index.html', '/last.txt'])
        expect(site?.record.release).toBe(release)
      }
    }
  )

  test('keeps the project’s folder above a root that is only a part of it', { tags: 'long' }, async () => {
    const project = new ViteProject({
      'vite.config.js': config("  root: 'src', build: { outDir: '../dist' },\n  plugins: [sitedrive()]"),
      'src/index.html': 'One'
    })
    await project.build(['--emptyOutDir'])
    expect(existsSync(path.join(project.dir, 'src/sitedrive.json'))).toBe(false)
    expect((await project.published())?.files).toEqual({ '/index.html': 'One' })
  })

  test(
    'takes the folder of the project from the option, relative to the root',
    { tags: 'long' },
    async () => {
      const project = new ViteProject({
        'vite.config.js': config("  plugins: [sitedrive({ projectDir: 'site' })]"),
        'site/README.txt': ''
      })
      await project.build()
      expect(existsSync(path.join(project.dir, 'site/sitedrive.json'))).toBe(true)
    }
  )

  test.each(VERSIONS)(
    'of a script publishes each time, and leaves nothing behind (Vite %i)',
    async (vite) => {
      const project = new ViteProject(
        {
          'build.mjs': `
import { build } from 'vite'
import { writeFileSync } from 'node:fs'
await build()
writeFileSync('index.html', 'edited')
await build()
await build()
await new Promise((resolve) => setTimeout(resolve))
console.log('LEFT ' + process.getActiveResourcesInfo().filter((kind) => !/^(TTY|Pipe|CloseReq|FSReq)/.test(kind)))`
        },
        vite
      )
      const { output } = await project.script('build.mjs')
      expect(linesOf({ output }).filter((line) => /Release|No change/.test(line))).toEqual([
        expect.stringContaining('Release 1'),
        expect.stringContaining('Release 2'),
        expect.stringContaining('No change: release 2')
      ])
      expect(output).toMatch(/^LEFT (Immediate)?$/m)
      expect((await project.published())?.files).toEqual(project.output())
    }
  )

  test('with publishing switched off says so in one line, and mints nothing', { tags: 'long' }, async () => {
    const project = new ViteProject()
    const { output } = await project.build([], { SITEDRIVE_PUBLISH: '0' })
    expect(linesOf({ output })).toEqual(['[sitedrive] Publishing is switched off for this build.'])
    expect(sitesIn(project.home)).toEqual([])
  })
})

describe('the plugin keeps out of', { timeout: 180_000 }, () => {
  test('`vite preview`', async () => {
    const project = new ViteProject()
    await project.build([], { SITEDRIVE_PUBLISH: '0' })
    project.write({
      'sitedrive.json': 'damaged, which a build would not let pass',
      'preview.mjs': `
import { preview } from 'vite'
const server = await preview({ preview: { port: 0 } })
console.log(await (await fetch(server.resolvedUrls.local[0])).text())
await server.close()`
    })
    const shown = await project.script('preview.mjs')
    expect(shown.output).toContain('<title>Start</title>')
    expect(linesOf(shown)).toEqual([])
    expect(sitesIn(project.home)).toEqual([])
    expect(existsSync(path.join(project.home, 'previews'))).toBe(false)
  })

  test('Vitest, where code knows the address as in a build', { tags: 'long' }, async () => {
    const project = new ViteProject({
      'one.test.js': `import { expect, test } from 'vitest'
test('one', () => expect(import.meta.env.SITEDRIVE_URL).toBe(process.env.EXPECTED))`,
      'test.mjs': `
import { startVitest } from 'vitest/node'
const vitest = await startVitest('test', [], { watch: false })
await vitest.close()`
    })
    project.write({ 'sitedrive.json': 'damaged, which a build would not let pass' })
    linkPackages(project.dir, {
      vitest: path.dirname(createRequire(import.meta.url).resolve('vitest/package.json'))
    })
    const unknown = await project.script('test.mjs', { EXPECTED: '' })
    expect(unknown.output).toContain('1 passed')
    expect(linesOf(unknown)).toEqual([])
    expect(sitesIn(project.home)).toEqual([])

    rmSync(path.join(project.dir, 'sitedrive.json'))
    await project.build()
    const { key, record } = (await project.published()) ?? {}
    const known = await project.script('test.mjs', { EXPECTED: `hyper://${key}/` })
    expect(known.output).toContain('1 passed')
    expect(linesOf(known)).toEqual([])
    expect((await project.published())?.record).toEqual(record)
  })
})
