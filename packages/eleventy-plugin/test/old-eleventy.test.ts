import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  cleanEnvironment,
  linkPackages,
  makeTemporaryFolder,
  readFolder,
  readProjectSite,
  runCommand,
  runToSuccess,
  temporaryFolder,
  writeFiles,
  type Finished
} from '@sitedrive/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EleventyProject, linesOf, packageDir } from './support/eleventy-project.js'

const cliFile = path.join(packageDir, '../cli/bin/sitedrive.js')

const COMMON_JS = `const sitedrive = require('@sitedrive/eleventy-plugin')
module.exports = function (eleventyConfig) {
  eleventyConfig.addPlugin(sitedrive, { required: Boolean(process.env.REQUIRED) })
}
`

describe('a config with `module.exports`', { timeout: 180_000 }, () => {
  test('requires the plugin, and builds are published', async () => {
    const project = new EleventyProject({
      'package.json': '{ "private": true, "type": "commonjs" }',
      'eleventy.config.js': COMMON_JS,
      'index.html': '<p>{{ sitedrive.key }}</p>'
    })
    await project.build()
    const site = await project.published()
    expect(site?.files).toEqual({ '/index.html': `<p>${site?.key}</p>` })
  })

  test('finds the plugin under its name, and as default, too', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'names.cjs':
        "const it = require('@sitedrive/eleventy-plugin'); console.log(it.sitedrive === it, it.default === it, it.name)"
    })
    const script = { command: process.execPath, args: ['names.cjs'] }
    const { stdout } = await runToSuccess(script, { cwd: project.dir, env: cleanEnvironment() })
    expect(stdout).toBe('true true sitedrive\n')
  })
})

test(
  'the first config of the README works in a project that `npm init` made, with `"type": "commonjs"`',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const readme = readFileSync(path.join(packageDir, 'README.md'), 'utf8')
    const [, file = '', text = ''] = /```js\n\/\/ (\S+)\n([^]*?)```/.exec(readme) ?? []
    const dir = temporaryFolder()
    writeFiles(dir, {
      'package.json': '{ "private": true, "type": "commonjs" }',
      [file]: text,
      'index.html': 'One'
    })
    const { dir: linked, home } = new EleventyProject({})
    mkdirSync(path.join(dir, 'node_modules'))
    for (const name of ['@sitedrive', '@11ty'])
      symlinkSync(path.join(linked, 'node_modules', name), path.join(dir, 'node_modules', name))
    const eleventy = { command: process.execPath, args: ['node_modules/@11ty/eleventy/cmd.cjs'] }
    await runToSuccess(eleventy, { cwd: dir, env: cleanEnvironment({ SITEDRIVE_HOME: home }) })
    expect((await readProjectSite(home, dir))?.files).toEqual({ '/index.html': 'One' })
  }
)

// Both are installed anew.
describe('an old', { tags: 'long', timeout: 180_000 }, () => {
  const project = makeTemporaryFolder()
  const home = makeTemporaryFolder()
  const old = makeTemporaryFolder()
  afterAll(() => {
    old.remove()
    project.remove()
    home.remove()
  })
  const options = (env: Record<string, string> = {}) => ({
    cwd: project.dir,
    env: cleanEnvironment({ SITEDRIVE_HOME: home.dir, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...env }),
    deadlineMs: 170_000
  })
  const run = (args: string[], env?: Record<string, string>): Promise<Finished> =>
    runCommand({ command: 'npx', args }, options(env))

  beforeAll(async () => {
    writeFiles(project.dir, {
      'package.json': '{ "private": true, "type": "commonjs" }',
      '.eleventy.js': COMMON_JS,
      'index.njk': '<!doctype html><p>{{ sitedrive.url }}</p>'
    })
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline']
    await promisify(execFile)('npm', [...install, '@11ty/eleventy@2.0.1'], { cwd: project.dir })
    // Not in the project: its programs would run with it.
    await promisify(execFile)('npm', [...install, '--prefix', old.dir, 'node@18'], { cwd: old.dir })
    linkPackages(project.dir, { '@sitedrive/eleventy-plugin': packageDir, '.bin/sitedrive': cliFile })
  }, 180_000)

  const node18 = (...args: string[]): Promise<Finished> =>
    runCommand({ command: path.join(old.dir, 'node_modules/node/bin/node'), args }, options())
  const eleventy = (env?: Record<string, string>) =>
    runCommand({ command: process.execPath, args: ['node_modules/@11ty/eleventy/cmd.js'] }, options(env))

  test('Eleventy builds, and is told which one is needed and what works', async () => {
    const { exitCode, stderr } = await eleventy()
    expect(exitCode).toBe(0)
    expect(linesOf({ output: stderr })).toEqual([
      '[sitedrive] Not published: the sitedrive plugin needs Eleventy 3; here is 2.0.1. ' +
        '`npx sitedrive run -- npx @11ty/eleventy` builds and publishes.'
    ])
    expect(readFolder(path.join(project.dir, '_site'))).toEqual({ '/index.html': '<!doctype html><p></p>' })
    expect(await readProjectSite(home.dir, project.dir)).toBe(null)
  })

  test('Eleventy fails when publishing is required', async () => {
    const { exitCode, output } = await eleventy({ REQUIRED: '1' })
    expect(exitCode).toBe(1)
    expect(output).toContain('needs Eleventy 3; here is 2.0.1')
    expect(output).toContain('HOST_TOO_OLD')
  })

  test('Eleventy publishes with the command that it is told, and then pages know the address', async () => {
    const command = ['sitedrive', 'run', '--', 'npx', '@11ty/eleventy']
    expect((await run(command)).exitCode).toBe(0)
    await run(command)
    const site = await readProjectSite(home.dir, project.dir)
    expect(site?.files).toEqual({ '/index.html': `<!doctype html><p>hyper://${site?.key}/</p>` })
  })

  test('Node.js is told which one is needed, by the plugin and by the command line', async () => {
    writeFiles(project.dir, {
      'use.mjs':
        "import sitedrive from '@sitedrive/eleventy-plugin'\nsitedrive({ setEventEmitterMode() {}, versionCheck() {} })"
    })
    const says = /needs Node\.js 20\.19.* or newer; here is 18\.\d+\.\d+\./
    expect((await node18('node_modules/@11ty/eleventy/cmd.js')).output).toMatch(says)
    expect((await node18('use.mjs')).stderr).toMatch(says)
    const command = await node18('node_modules/.bin/sitedrive', 'log')
    expect(command.exitCode).toBe(1)
    expect(command.stderr).toMatch(says)
  })
})
