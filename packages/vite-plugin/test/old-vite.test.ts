import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  cleanEnvironment,
  linkPackages,
  makeTemporaryFolder,
  readProjectSite,
  runCommand,
  writeFiles
} from '@sitedrive/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linesOf, packageDir, VERSIONS, ViteProject } from './support/vite-project.js'

const COMMON_JS = '{ "private": true, "type": "commonjs" }'

describe.each(VERSIONS)(
  'in a project with `"type": "commonjs"`, with Vite %d',
  { timeout: 180_000 },
  (version) => {
    test('a config with `module.exports` requires the plugin, and builds are published', async () => {
      const project = new ViteProject({ 'package.json': COMMON_JS }, version)
      project.write({
        'vite.config.js':
          "const sitedrive = require('@sitedrive/vite-plugin')\nmodule.exports = { plugins: [sitedrive()] }"
      })
      await project.build()
      expect((await project.published())?.files).toEqual(project.output())
    })

    test('the first config of the README works', { tags: 'long' }, async () => {
      const readme = readFileSync(path.join(packageDir, 'README.md'), 'utf8')
      const [, file = '', text = ''] = /```js\n\/\/ (\S+)\n([^]*?)```/.exec(readme) ?? []
      for (const name of [file, 'vite.config.js']) {
        const project = new ViteProject({ 'package.json': COMMON_JS, [name]: text }, version)
        await project.build(['--config', name])
        expect((await project.published())?.files).toEqual(project.output())
      }
    })
  }
)

// Installed anew, as `npm install --legacy-peer-deps` leaves it.
describe('Vite 5', { tags: 'long', timeout: 180_000 }, () => {
  const project = makeTemporaryFolder()
  const home = makeTemporaryFolder()
  afterAll(() => {
    project.remove()
    home.remove()
  })
  const run = (command: string[], env: Record<string, string> = {}) =>
    runCommand(
      { command: 'npx', args: command },
      {
        cwd: project.dir,
        env: cleanEnvironment({ SITEDRIVE_HOME: home.dir, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...env })
      }
    )

  beforeAll(async () => {
    writeFiles(project.dir, {
      'package.json': '{ "private": true, "type": "module" }',
      'vite.config.js': `import sitedrive from '@sitedrive/vite-plugin'
export default { plugins: [sitedrive({ required: Boolean(process.env.REQUIRED) })] }`,
      'index.html': '<!doctype html><title>%SITEDRIVE_URL%</title>'
    })
    const install = [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--ignore-scripts',
      'vite@5.4.21'
    ]
    await promisify(execFile)('npm', install, { cwd: project.dir })
    linkPackages(project.dir, {
      '@sitedrive/vite-plugin': packageDir,
      '.bin/sitedrive': path.join(packageDir, '../cli/bin/sitedrive.js')
    })
  }, 180_000)

  test('builds, tells no page an address that nobody can open, and says what is needed and what works', async () => {
    const { exitCode, stderr } = await run(['vite', 'build'])
    expect(exitCode).toBe(0)
    expect(linesOf({ output: stderr })).toEqual([
      '[sitedrive] Not published: the sitedrive plugin needs Vite 6 or newer; here is 5.4.21. ' +
        '`npx sitedrive run -- npx vite build` builds and publishes.'
    ])
    expect(readFileSync(path.join(project.dir, 'dist/index.html'), 'utf8')).toContain('<title></title>')
    expect(await readProjectSite(home.dir, project.dir)).toBe(null)
  })

  test('fails when publishing is required', async () => {
    const { exitCode, output } = await run(['vite', 'build'], { REQUIRED: '1' })
    expect(exitCode).toBe(1)
    expect(output).toContain('SitedriveError HOST_TOO_OLD')
  })

  test('publishes with the command that it is told', async () => {
    expect((await run(['sitedrive', 'run', '--', 'npx', 'vite', 'build'])).exitCode).toBe(0)
    expect(Object.keys((await readProjectSite(home.dir, project.dir))?.files ?? {})).toEqual(['/index.html'])
  })
})
