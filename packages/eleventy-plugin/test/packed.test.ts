import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import {
  cleanEnvironment,
  makeTemporaryFolder,
  openPackedRegistry,
  readFolder,
  readProjectSite,
  runToSuccess,
  temporaryFolder,
  writeFiles,
  type Finished
} from '@sitedrive/testing'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { linesOf, packageDir } from './support/eleventy-project.js'

const require = createRequire(import.meta.url)

/** A strict consumer that checks the declarations it gets, too. */
const STRICT = [
  '--strict',
  '--module',
  'nodenext',
  '--target',
  'es2023',
  '--skipLibCheck',
  'false',
  '--types',
  'node'
]

const project = makeTemporaryFolder()
afterAll(project.remove)

test(
  'the packed packages work in a project outside of the workspace',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const home = temporaryFolder()
    const registry = await openPackedRegistry()
    onTestFinished(registry.close)
    writeFiles(project.dir, {
      'package.json': '{ "private": true, "type": "module" }',
      'index.md': '# Hello\n\n{{ sitedrive.url }}\n',
      'eleventy.config.js': `import sitedrive from '@sitedrive/eleventy-plugin'
export default function (eleventyConfig) {
  eleventyConfig.addPlugin(sitedrive)
}
`
    })
    const packages = ['@sitedrive/eleventy-plugin', '@11ty/eleventy@3.1.8', '@types/node@20']
    await succeed(project.dir, 'npm', ['install', '--no-audit', '--no-fund', ...packages], {
      npm_config_registry: registry.url
    })

    const build = await succeed(project.dir, 'npx', ['@11ty/eleventy'], { SITEDRIVE_HOME: home })
    const site = await readProjectSite(home, project.dir)
    expect(site?.files).toEqual(readFolder(path.join(project.dir, '_site')))
    expect(linesOf(build).at(-1)).toBe(`hyper://${site?.key}/`)
    expect(site?.files['/index.html']).toContain(`hyper://${site?.key}/`)
  }
)

// In the folder of the test above.
test('the types of the packed packages stand on their own', { tags: 'long', timeout: 180_000 }, async () => {
  writeFiles(project.dir, {
    'consumer.ts': `import { createPublisher, type Outcome, type Publisher } from '@sitedrive/core'
import { openSiteReader } from '@sitedrive/core/drive'
import sitedrive, { type SitedriveOptions } from '@sitedrive/eleventy-plugin'

export const options: SitedriveOptions = { required: true }
export const publisher: Publisher = createPublisher({ projectDir: '/somewhere' })
export const outcome: Promise<Outcome> = publisher.publish('/somewhere/_site')
export const version: number = (await openSiteReader('/store', 'key')).version
export default sitedrive
`
  })
  const typescript = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const { stderr } = await succeed(project.dir, process.execPath, [
    typescript,
    '--noEmit',
    ...STRICT,
    'consumer.ts'
  ])
  expect(stderr).toBe('')
})

test(
  'what is no module is packed too: the pages and scripts that the preview and the library serve, what Jekyll loads, and what is run by name',
  { tags: 'long' },
  async () => {
    const pageFiles = ['index.html', 'page.css', 'page.js', 'icon.svg']
    const wanted = {
      '../preview': [
        'dist/live/live.js',
        'dist/process/preview-process.js',
        ...pageFiles.map((name) => `dist/review/page/${name}`)
      ],
      '../reader': pageFiles.map((name) => `dist/library/page/${name}`),
      '../jekyll-bridge': ['bin/jekyll-bridge.js', 'hook/sitedrive_bridge.rb', 'README.md'],
      '../cli': ['bin/sitedrive.js', 'README.md']
    }
    const packed = packedFiles(Object.keys(wanted).map((dir) => path.join(packageDir, dir)))
    for (const [at, files] of Object.values(wanted).entries()) {
      expect(packed[at]).toEqual(expect.arrayContaining(files))
      expect(packed[at]?.filter((file) => /^(src|test|node_modules)\//.test(file))).toEqual([])
    }
  }
)

/** @returns per package, the names that its tarball would have */
function packedFiles(dirs: string[]): string[][] {
  const told = execFileSync('npm', ['pack', '--dry-run', '--json', ...dirs], { encoding: 'utf8' })
  return (JSON.parse(told) as { files: { path: string }[] }[]).map(({ files }) =>
    files.map((file) => file.path)
  )
}

function succeed(
  cwd: string,
  command: string,
  args: string[],
  variables: Record<string, string> = {}
): Promise<Finished> {
  return runToSuccess({ command, args }, { cwd, env: cleanEnvironment(variables), deadlineMs: 170_000 })
}
