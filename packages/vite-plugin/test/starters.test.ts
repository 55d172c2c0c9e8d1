import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  cleanEnvironment,
  linkPackages,
  readFolder,
  readProjectSite,
  runToSuccess,
  temporaryFolder,
  writeFiles
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { linesOf, packageDir } from './support/vite-project.js'

/** A project as its own starter makes it, and what the README says to add. */
interface Starter {
  /** Packages that are there before it, in the project. */
  before?: string[]
  /** Makes the project in the current folder. */
  create: [command: string, ...args: string[]]
  /** Packages that the README says to add. */
  after?: string[]
  edit: (change: (file: string, by: (text: string) => string) => void, dir: string) => void
  build: string
  output: string
  pages: string[]
}

const IMPORT = "import sitedrive from '@sitedrive/vite-plugin'\n"

const vitepress = (version: string): Starter => ({
  before: [`vitepress@${version}`, 'vue@3'],
  // What `vitepress init` does with the answers to its questions.
  create: [
    'node',
    '--input-type=module',
    '-e',
    `import { scaffold } from 'vitepress'
scaffold({ root: '.', title: 'A site', description: 'It is new', theme: 'default', useTs: false, injectNpmScripts: true })`
  ],
  edit(change) {
    change('.vitepress/config.js', (text) =>
      text
        .replace(/^/, IMPORT)
        .replace('defineConfig({', 'defineConfig({\n  vite: { plugins: [sitedrive()] },')
    )
  },
  build: 'docs:build',
  output: '.vitepress/dist',
  pages: ['/index.html', '/api-examples.html', '/404.html']
})

// That of Astro fetches its templates from GitHub, which not every machine reaches: test/frameworks.test.ts has a project
// like the smallest of them.
const STARTERS: Record<string, Starter> = {
  'create-vite': {
    create: ['npx', '--yes', 'create-vite@9.3.0', '.', '--template', 'vanilla', '--no-interactive'],
    edit: (_, dir) =>
      writeFiles(dir, { 'vite.config.js': `${IMPORT}export default { plugins: [sitedrive()] }\n` }),
    build: 'build',
    output: 'dist',
    pages: ['/index.html', '/favicon.svg']
  },
  'sv create': {
    create: [
      'npx',
      '--yes',
      'sv@0.17.1',
      'create',
      ...'--template minimal --no-types --no-add-ons --no-install --no-dir-check .'.split(' ')
    ],
    after: ['@sveltejs/adapter-static@3'],
    edit(change, dir) {
      change('vite.config.js', (text) =>
        text
          .replace(/^/, IMPORT)
          .replace('adapter-auto', 'adapter-static')
          .replace('plugins: [', 'plugins: [\n\t\tsitedrive(),')
      )
      writeFiles(dir, { 'src/routes/+layout.js': 'export const prerender = true\n' })
    },
    build: 'build',
    output: 'build',
    pages: ['/index.html']
  },
  'vitepress init of VitePress 1': vitepress('1.6.4'),
  'vitepress init of VitePress 2': vitepress('2.0.0-alpha.19')
}

// Each installs its framework anew.
describe('a project of', { tags: 'long', timeout: 300_000 }, () => {
  test.each(Object.entries(STARTERS))(
    '`%s` publishes every page when what the README says is added',
    async (_, { before = [], create, after = [], edit, build, output, pages }) => {
      const dir = temporaryFolder()
      const home = temporaryFolder()
      const env = cleanEnvironment({ SITEDRIVE_HOME: home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
      const run = (command: string, ...args: string[]) =>
        runToSuccess({ command, args }, { cwd: dir, env, deadlineMs: 280_000 })
      const install = (...packages: string[]) =>
        run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...packages)

      if (before.length > 0) {
        writeFiles(dir, { 'package.json': '{ "private": true, "type": "module" }' })
        await install(...before)
      }
      const [command, ...args] = create
      await run(command, ...args)
      edit((file, by) => {
        const whole = path.join(dir, file)
        writeFileSync(whole, by(readFileSync(whole, 'utf8')))
      }, dir)
      await install(...after)
      linkPackages(dir, { '@sitedrive/vite-plugin': packageDir })

      const first = linesOf(await run('npm', 'run', build))
      expect(first.filter((line) => line.includes('Not published'))).toEqual([])
      const site = await readProjectSite(home, dir)
      expect(site?.files).toEqual(readFolder(path.join(dir, output)))
      expect(Object.keys(site?.files ?? {})).toEqual(expect.arrayContaining(pages))
    }
  )
})
