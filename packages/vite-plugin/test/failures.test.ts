import { existsSync } from 'node:fs'
import path from 'node:path'
import { sitesIn, type Finished } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { config, linesOf, VERSIONS, ViteProject, type ViteVersion } from './support/vite-project.js'

const PAGE = '<!doctype html>\n<title>Start</title>\n<script type="module" src="/main.js"></script>\n'

interface Case {
  files?: Record<string, string>
  /** Plugins of the config, `sitedrive()` among them. */
  plugins?: string
  lines?: string
}

const thrower = (hook: string, rest = '') =>
  `{ name: 'thrower', ${rest} ${hook}: { order: 'post', sequential: true, handler() { throw new Error('thrown by a plugin') } } }`

/** Every build of these fails, wherever the plugin stands in the list. */
const CASES: Record<string, Case> = {
  'in a module that does not parse': { files: { 'main.js': 'const = ;' } },
  'in a transform hook': { plugins: `sitedrive(), ${thrower('transform')}` },
  'in buildEnd': { plugins: `sitedrive(), ${thrower('buildEnd')}` },
  'in renderStart': { plugins: `sitedrive(), ${thrower('renderStart')}` },
  'in generateBundle': { plugins: `sitedrive(), ${thrower('generateBundle')}` },
  'in writeBundle of a plugin that comes later': {
    plugins: `sitedrive(), ${thrower('writeBundle', "enforce: 'post',")}`
  },
  'in closeBundle of a plugin that comes first': { plugins: `${thrower('closeBundle')}, sitedrive()` },
  'in closeBundle of a plugin that comes later': {
    plugins: `sitedrive(), ${thrower('closeBundle', "enforce: 'post',")}`
  },
  'in the second of several outputs': {
    plugins: 'sitedrive()',
    lines: `build: { rollupOptions: { output: [{ dir: 'dist/a' }, { dir: 'dist/b', entryFileNames() { throw new Error('no name') } }] } },`
  },
  'in the second environment': {
    files: { 'server.js': 'const = ;' },
    plugins: 'sitedrive()',
    lines: `builder: {}, environments: { client: {}, ssr: { build: { rollupOptions: { input: 'server.js' } } } },`
  },
  'in what the builder does at last': {
    plugins: 'sitedrive()',
    lines: `builder: { async buildApp(builder) {
      await builder.build(builder.environments.client)
      throw new Error('no prerendering')
    } },`
  }
}

function projectOf(
  { files = {}, plugins = 'sitedrive()', lines = '' }: Case,
  version: ViteVersion
): ViteProject {
  const text = config(`  plugins: [${plugins}],\n  ${lines}`)
  return new ViteProject({ 'index.html': PAGE, 'main.js': '1', ...files, 'vite.config.js': text }, version)
}

/** What is the same in two builds of the same failure. */
function said(
  { exitCode, output }: Finished,
  { dir }: ViteProject
): { exitCode: number | null; lines: string[] } {
  const lines = output
    .replaceAll(dir, '<dir>')
    .replace(/[\d.]+ ?m?s\b/g, '<time>')
    .split('\n')
    // The frames of a stack name whatever plugins there are.
    .filter((line) => !/^\s+at /.test(line))
  return { exitCode, lines }
}

describe.each(VERSIONS)('with Vite %i, a build that fails', { timeout: 180_000 }, (version) => {
  test.each(Object.entries(CASES))(
    '%s says what it says without the plugin, and publishes nothing',
    { tags: 'long' },
    async (_, failing) => {
      const plain = projectOf(
        { ...failing, plugins: (failing.plugins ?? '').replace('sitedrive()', 'null') },
        version
      )
      const expected = said(await plain.run(['build']), plain)
      expect(expected.exitCode).toBe(1)

      const project = projectOf(failing, version)
      expect(said(await project.run(['build']), project)).toEqual(expected)
      expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
      expect(sitesIn(project.home)).toEqual([])
    }
  )
})

describe('a build that cannot be published', { timeout: 180_000 }, () => {
  test('fails in CI without a secret when publishing is required', { tags: 'long' }, async () => {
    const project = new ViteProject()
    await project.build()
    project.write({ 'vite.config.js': config('  plugins: [sitedrive({ required: true })]') })
    refused(
      await project.run(['build'], { CI: 'true', SITEDRIVE_HOME: `${project.home}/other` }),
      'NO_SECRET'
    )
  })

  test.each(VERSIONS)(
    'fails with the message and the code, without a stack, and leaves the release as it was (Vite %i)',
    async (version) => {
      const project = new ViteProject({}, version)
      await project.build()
      const before = await project.published()
      project.write({ 'index.html': 'edited', 'public/back\\slash.txt': '' })
      refused(await project.run(['build']), 'BAD_NAME')
      expect(project.output()['/index.html']).toBe('edited')
      expect(await project.published()).toEqual(before)
    }
  )

  test('fails before it writes a page when sitedrive.json is damaged', async () => {
    const project = new ViteProject({ 'sitedrive.json': '{ "key": "nonsense" }' })
    refused(await project.run(['build']), 'CONFIG_INVALID')
    expect(existsSync(path.join(project.dir, 'dist'))).toBe(false)
  })

  test.each([
    ['{ seed: true }', 'no option `seed`; known are projectDir, publish, required'],
    ["{ required: 'yes' }", 'option `required` is "yes", not a boolean']
  ])('fails with the options %s', { tags: 'long' }, async (options, message) => {
    const project = new ViteProject({ 'vite.config.js': config(`  plugins: [sitedrive(${options})]`) })
    const build = await project.run(['build'])
    refused(build, 'BAD_OPTION')
    expect(build.output).toContain(message)
  })
})

function refused(build: Finished, code: string): void {
  expect(build.exitCode).toBe(1)
  expect(build.output).toContain(`SitedriveError ${code}: `)
  expect(build.output).not.toMatch(/^ {4}at /m)
  expect(linesOf(build)).toEqual([])
}
