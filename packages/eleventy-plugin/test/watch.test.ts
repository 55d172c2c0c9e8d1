import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { sitesIn, until, type Running } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { config, EleventyProject, linesOf, packageDir } from './support/eleventy-project.js'

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

// Eleventy says "Watching…" before its watcher is ready, and listens to SIGINT once it is.
const READY = `
  globalThis.ready ??= process.on('newListener', (name) => name === 'SIGINT' && console.log('READY'))`

interface Probe {
  configs: number
  publishers: number
}

function probes(watch: Running): Probe[] {
  const lines = watch.output().split('\n').slice(0, -1)
  return lines.flatMap((line) => (line.startsWith('PROBE ') ? [JSON.parse(line.slice(6)) as Probe] : []))
}

/** Waits until so many builds are done, and the next edit will be noticed. */
async function built(watch: Running, rounds: number): Promise<void> {
  const isWatching = () =>
    watch.output().split('Watching…').length > rounds && watch.output().includes('READY')
  await until(isWatching, { describe: watch.output })
}

/**
 * Edits until a further build is done. Nothing tells when Eleventy's watcher is ready: an edit that comes before is never
 * noticed.
 */
async function editUntilBuilt(watch: Running, rounds: number, edit: () => void): Promise<void> {
  const isBuilt = () => watch.output().split('Watching…').length > rounds
  for (let attempt = 0; attempt < 10 && !isBuilt(); attempt++) {
    edit()
    await until(isBuilt, { timeoutMs: 3_000 }).catch(() => {}) // then once more
  }
  await built(watch, rounds)
}

describe('with --watch', { timeout: 120_000 }, () => {
  test('no build is published, no key is made, and one line says so', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(`  eleventyConfig.addPlugin(sitedrive)\n${READY}`),
      'index.html': '<p>{{ sitedrive.url }}</p>'
    })
    const watch = project.start(['--watch'])
    await built(watch, 1)
    await editUntilBuilt(watch, 2, () => project.write({ 'index.html': '<p>edited {{ sitedrive.url }}</p>' }))
    watch.signal('SIGINT')
    const { exitCode, output } = await watch.finished
    expect(exitCode).toBe(0)
    expect(linesOf({ output })).toEqual([
      expect.stringContaining('are not published; `npx @11ty/eleventy` publishes')
    ])
    expect(project.output()).toEqual({ '/index.html': '<p>edited </p>' })
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
  })

  test('pages know the address that the project has, and the release stays as it was', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(`  eleventyConfig.addPlugin(sitedrive)\n${READY}`),
      'index.html': 'One'
    })
    await project.build()
    const before = await project.published()
    project.write({ 'index.html': '{{ sitedrive.url }}' })
    const watch = project.start(['--serve', '--port=0'])
    await built(watch, 1)
    // Before its server is up, Eleventy does not end.
    await until(() => watch.output().includes('Server at'), { describe: watch.output })
    watch.signal('SIGINT')
    await watch.finished
    expect(project.output()).toEqual({ '/index.html': `hyper://${before?.key}/` })
    expect(await project.published()).toEqual(before)
  })

  test.each([
    ['by its name', '@sitedrive/eleventy-plugin'],
    // Such a module is imported anew with the config, and remembers nothing.
    ['by a relative path', './plugin/dist/index.js']
  ])('editing the config of a project that imports the plugin %s leaks nothing', async (_, plugin) => {
    const text = config(`  eleventyConfig.addPlugin(sitedrive)\n${READY}\n${PROBE}`, PROBE_IMPORTS)
    const project = new EleventyProject({ 'index.html': '<p>{{ sitedrive.url }}</p>' }, ['@sitedrive/core'])
    cpSync(path.join(packageDir, 'dist'), path.join(project.dir, 'plugin/dist'), { recursive: true })
    project.write({
      'plugin/package.json': readFileSync(path.join(packageDir, 'package.json')),
      '.eleventyignore': 'plugin',
      'eleventy.config.js': text.replace('@sitedrive/eleventy-plugin', plugin)
    })
    await project.build()

    const watch = project.start(['--watch'])
    await built(watch, 1)
    for (let round = 1; round <= 5; round++) {
      const edited = `${text.replace('@sitedrive/eleventy-plugin', plugin)}// ${round}\n`
      await editUntilBuilt(watch, round + 1, () => project.write({ 'eleventy.config.js': edited }))
    }
    watch.signal('SIGINT')
    const { exitCode, output } = await watch.finished
    expect(exitCode).toBe(0)

    const [, second, ...later] = probes(watch)
    expect(later).toHaveLength(4)
    for (const probe of later) {
      expect(probe).toEqual({ ...second, configs: probe.configs, publishers: probe.configs })
    }
    expect(linesOf({ output })).toHaveLength(1)
  })
})
