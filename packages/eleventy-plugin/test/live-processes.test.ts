import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { isAlive, previewPids } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DevRun, devConfig } from './support/dev-run.js'
import { EleventyProject } from './support/eleventy-project.js'

const FILES = { 'eleventy.config.js': devConfig(), 'index.html': '<p>one</p>' }

describe('the process of the live preview', { timeout: 180_000 }, () => {
  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'ends with Eleventy when that gets %s, and the next run has the same address',
    { tags: 'long' },
    async (signal) => {
      const project = new EleventyProject(FILES)
      const run = await DevRun.start(project)
      const pids = previewPids(project.home)
      expect(pids).toHaveLength(1)
      process.kill(run.pid, signal)
      const { exitCode } = await run.running.finished
      if (signal === 'SIGINT') expect(exitCode).toBe(0)
      // At once, as somebody does who presses the arrow key and Enter.
      const next = await DevRun.start(project)
      expect(next.url).toBe(run.url)
      await run.until(() => !pids.some(isAlive))
      expect(run.lines()).toHaveLength(4)
      // The token of the review page is another one each time.
      const lines = [run, next].map((each) => each.lines().map((line) => line.replace(/#[\w-]{32}$/, '#')))
      expect(lines[1]).toEqual(lines[0])
    }
  )

  test.skipIf(process.platform === 'win32')(
    'outlives no Ctrl-C that reaches it as well',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject(FILES)
      const run = await DevRun.start(project)
      const pids = previewPids(project.home)
      run.running.signal('SIGINT') // the whole group, as a terminal does
      expect(await run.running.finished).toMatchObject({ exitCode: 0 })
      expect(run.lines()).toHaveLength(4)
      await run.until(() => previewPids(project.home).length === 0 && !pids.some(isAlive))
    }
  )

  test('may be killed: one warning says so, and Eleventy goes on', { tags: 'long' }, async () => {
    const project = new EleventyProject(FILES)
    const run = await DevRun.start(project)
    for (const pid of previewPids(project.home)) process.kill(pid, 'SIGKILL')
    await run.until(() => run.lines().length > 4)
    for (const text of ['<p>two</p>', '<p>three</p>']) {
      await run.edit({ 'index.html': text }, () => project.output()['/index.html'] === text)
    }
    expect(run.lines().slice(4)).toEqual([
      expect.stringMatching(/^\[sitedrive\] The live preview has ended: .*SIGKILL.*Start Eleventy again/)
    ])
    process.kill(run.pid, 'SIGINT')
    expect(await run.running.finished).toMatchObject({ exitCode: 0 })
    expect(run.lines()).toHaveLength(5)
  })

  test('is one for a folder: a second Eleventy says where the first one’s is, builds on, and has it when that ends', async () => {
    const project = new EleventyProject({ ...FILES, '.eleventyignore': '_site\nsecond' })
    const first = await DevRun.start(project)
    const second = new DevRun(project, ['--watch', '--output=second'])
    await second.ready()
    await second.until(() => second.lines().length > 0)
    await second.edit(
      { 'index.html': '<p>two</p>' },
      () => project.output('second')['/index.html'] === '<p>two</p>'
    )
    expect(second.lines()).toEqual([
      expect.stringMatching(/^\[sitedrive\] No live preview: .*is open in .*It is at http:\/\/localhost/)
    ])
    expect(second.lines()[0]).toContain(first.url)
    await first.untilPage('/', 'two')
    expect(first.lines()).toHaveLength(4)

    process.kill(first.pid, 'SIGINT')
    await first.running.finished
    await second.edit({ 'index.html': '<p>three</p>' }, () => second.lines().length === 5)
    expect(second.url).toBe(first.url)
    await second.untilPage('/', 'three')
  })

  test(
    'of two that begin together, one has the preview and the other says where it is',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject(FILES)
      const runs = [new DevRun(project, ['--watch']), new DevRun(project, ['--watch'])]
      for (const run of runs) await run.until(() => run.lines().length > 0)
      const [winner, loser] = runs.toSorted((a, b) => b.lines().length - a.lines().length)
      await winner?.until(() => winner.lines().length === 4)
      expect(loser?.lines()).toEqual([expect.stringContaining(`It is at ${winner?.url}`)])
    }
  )

  test(
    'takes a port nearby when its own is taken and keeps that one, and says so when it was told which',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject(FILES)
      const run = await DevRun.start(project, ['--watch'])
      process.kill(run.pid, 'SIGKILL')
      await run.running.finished
      await run.until(() => previewPids(project.home).length === 0)

      const port = Number(new URL(run.url).port)
      const taken = createServer().listen(port, '127.0.0.1')
      onTestFinished(() => void taken.close())
      await once(taken, 'listening')
      expect((taken.address() as AddressInfo).port).toBe(port)

      const next = await DevRun.start(project, ['--watch'])
      expect(next.url).not.toBe(run.url)
      process.kill(next.pid, 'SIGKILL')
      await next.running.finished
      await next.until(() => previewPids(project.home).length === 0)

      taken.close()
      const later = await DevRun.start(project, ['--watch'])
      expect(later.url, 'the one that open tabs have').toBe(next.url)
      process.kill(later.pid, 'SIGKILL')
      await later.running.finished
      taken.listen(port, '127.0.0.1')
      await once(taken, 'listening')

      project.write({
        'eleventy.config.js': devConfig(`  eleventyConfig.addPlugin(sitedrive, { previewPort: ${port} })`)
      })
      const strict = new DevRun(project, ['--watch'])
      await strict.ready()
      await strict.until(() => strict.lines().length > 0)
      await strict.edit({ 'index.html': '<p>two' }, () => project.output()['/index.html'] === '<p>two')
      expect(strict.lines()).toEqual([
        expect.stringMatching(new RegExp(`^\\[sitedrive\\] No live preview: .*${port}`))
      ])
      process.kill(strict.pid, 'SIGINT')
      expect(await strict.running.finished).toMatchObject({ exitCode: 0 })
    }
  )
})
