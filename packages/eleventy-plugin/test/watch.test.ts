import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { sitesIn } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { devConfig, DevRun } from './support/dev-run.js'
import { EleventyProject, packageDir } from './support/eleventy-project.js'

// Printed by the config's own handler, after each build: what a leak would make grow. `configs` are objects that nothing
// but a handler of the same config holds; Eleventy keeps a few of its old ones.
const PROBE = `
  const kept = new Kept()
  eleventyConfig.on('eleventy.before', () => kept)
  eleventyConfig.on('eleventy.after', () => {
    const count = (names, of) => Object.fromEntries(names.map((name) => [name, of(name)]))
    const handles = process.getActiveResourcesInfo().filter((kind) => !/^(FSReq|Timeout|Immediate)/.test(kind))
    console.log('PROBE ' + JSON.stringify({
      configs: v8.queryObjects(Kept),
      publishers: v8.queryObjects(Publisher),
      handles,
      ofProcess: count(process.eventNames(), (name) => process.listenerCount(name)),
      ofEleventy: count(eleventyConfig.events.eventNames(), (name) => eleventyConfig.events.listenerCount(name))
    }))
  })`
const PROBE_IMPORTS = `import { createPublisher } from '@sitedrive/core'
import v8 from 'node:v8'
const Kept = (globalThis.Kept ??= class Kept {})
const Publisher = (globalThis.Publisher ??= createPublisher({ projectDir: '/nowhere' }).constructor)`

interface Probe {
  configs: number
  publishers: number
}

function probes(watch: DevRun): Probe[] {
  const lines = watch.output().split('\n').slice(0, -1)
  return lines.flatMap((line) => (line.startsWith('PROBE ') ? [JSON.parse(line.slice(6)) as Probe] : []))
}

/** Edits until a further build is done. */
async function editUntilBuilt(run: DevRun, rounds: number, files: Record<string, string>): Promise<void> {
  await run.edit(files, () => run.output().split('Watching…').length > rounds)
}

describe('with --watch', { timeout: 180_000 }, () => {
  test('no build is published, no key is made, and one line says so', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(),
      'index.html': '<p>{{ sitedrive.url }}</p>'
    })
    const watch = await DevRun.start(project, ['--watch'])
    await editUntilBuilt(watch, 2, { 'index.html': '<p>edited {{ sitedrive.url }}</p>' })
    watch.running.signal('SIGINT')
    expect(await watch.running.finished).toMatchObject({ exitCode: 0 })
    expect(watch.lines()).toEqual([
      expect.stringContaining('Live preview: http://localhost:'),
      expect.stringContaining('Review and publish: http://review.localhost:'),
      expect.stringContaining('npx sitedrive preview'),
      expect.stringContaining('are not published; `npx @11ty/eleventy` publishes')
    ])
    expect(project.output()).toEqual({ '/index.html': '<p>edited </p>' })
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
  })

  test(
    'pages know the address that the project has, and the release stays as it was',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({
        'eleventy.config.js': devConfig(),
        'index.html': 'One'
      })
      await project.build()
      const before = await project.published()
      project.write({ 'index.html': '{{ sitedrive.url }}' })
      const run = await DevRun.start(project)
      run.running.signal('SIGINT')
      await run.running.finished
      expect(project.output()).toEqual({ '/index.html': `hyper://${before?.key}/` })
      expect(await project.published()).toEqual(before)
    }
  )

  test.each([
    ['by its name', '@sitedrive/eleventy-plugin'],
    // Such a module is imported anew with the config, and remembers nothing.
    ['by a relative path', './plugin/dist/index.js']
  ])(
    'editing the config of a project that imports the plugin %s leaks nothing',
    { tags: 'long' },
    async (_, plugin) => {
      const text = devConfig(`  eleventyConfig.addPlugin(sitedrive)\n${PROBE}`, PROBE_IMPORTS)
      const project = new EleventyProject({ 'index.html': '<p>{{ sitedrive.url }}</p>' }, [
        '@sitedrive/core',
        '@sitedrive/integration'
      ])
      cpSync(path.join(packageDir, 'dist'), path.join(project.dir, 'plugin/dist'), { recursive: true })
      project.write({
        'plugin/package.json': readFileSync(path.join(packageDir, 'package.json')),
        '.eleventyignore': 'plugin',
        'eleventy.config.js': text.replace('@sitedrive/eleventy-plugin', plugin)
      })
      await project.build()

      const watch = await DevRun.start(project, ['--watch'])
      for (let round = 1; round <= 5; round++) {
        const edited = `${text.replace('@sitedrive/eleventy-plugin', plugin)}// ${round}\n`
        await editUntilBuilt(watch, round + 1, { 'eleventy.config.js': edited })
      }
      watch.running.signal('SIGINT')
      expect(await watch.running.finished).toMatchObject({ exitCode: 0 })

      const [, second, ...later] = probes(watch)
      expect(later).toHaveLength(4)
      for (const probe of later) {
        expect(probe).toEqual({ ...second, configs: probe.configs, publishers: 0 })
      }
      expect(watch.lines()).toHaveLength(4)
    }
  )
})
