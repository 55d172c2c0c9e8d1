import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  describeIntegration,
  describeWatching,
  linkPackages,
  writeFiles,
  type IntegrationDriver,
  type WatchDriver
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { scriptOfPage } from './support/script-of-page.js'

// The integration that docs/write-an-integration.md shows, as it stands there.
const SCRIPT = scriptOfPage('hugo-sitedrive.mjs')
const TEMPLATE = '<!doctype html><title>{{ .Title }}</title>{{ .Content }}'
const packageDir = fileURLToPath(new URL('..', import.meta.url))
const hasHugo = spawnSync('hugo', ['version'], { stdio: 'ignore' }).status === 0

const driver: IntegrationDriver & { watch: WatchDriver } = {
  create(projectDir, { withIntegration }) {
    writeFiles(projectDir, {
      'hugo.sh': withIntegration ? `exec '${process.execPath}' hugo-sitedrive.mjs "$@"\n` : 'exec hugo\n',
      'hugo-sitedrive.mjs': SCRIPT,
      'config.toml':
        'title = "A site"\nbaseURL = "/"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n',
      'layouts/_default/single.html': TEMPLATE,
      'layouts/_default/list.html': TEMPLATE
    })
    linkPackages(projectDir, { '@sitedrive/integration': packageDir })
  },
  writePage(projectDir, name, text) {
    writeFiles(projectDir, { [`content/${name}.md`]: `---\ntitle: ${name}\n---\n${text}\n` })
  },
  deletePage(projectDir, name) {
    rmSync(path.join(projectDir, `content/${name}.md`))
  },
  breakBuild(projectDir) {
    writeFiles(projectDir, { 'layouts/_default/single.html': `${TEMPLATE}{{ nonsense }}` })
  },
  build: { command: 'sh', args: ['hugo.sh'] },
  outputDir: (projectDir) => path.join(projectDir, 'public'),
  linesOf: ({ output }) => [...output.matchAll(/^\[sitedrive\] (.*)$/gm)].map(([, line = '']) => line),
  watch: {
    command: { command: 'sh', args: ['hugo.sh', 'watch'] },
    builtMark: 'Total in',
    fileOf: (name) => `/${name}/index.html`,
    mendBuild(projectDir) {
      writeFiles(projectDir, { 'layouts/_default/single.html': TEMPLATE })
    }
  }
}

// Under CI `npm test` does not start without Hugo.
describe.skipIf(!hasHugo)('the integration of docs/write-an-integration.md', () => {
  // The code behind it is that of all plugins: `npm test` runs it with Vite.
  describe('builds', { tags: 'long' }, () => {
    describeIntegration('Hugo', driver)
  })
  describeWatching('Hugo', driver)

  test('has less than 60 lines', () => {
    expect(SCRIPT.split('\n').length).toBeLessThan(60)
  })
})
