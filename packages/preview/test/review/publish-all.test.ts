import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createPublisher, sitePaths } from '@sitedrive/core'
import { createRequire } from 'node:module'
import { until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import type { ErrorAnswer } from '@sitedrive/mirror/parts'
import type { Run } from '../../src/review/api.js'
import { LOG_KEPT } from '../../src/review/plain-log.js'
import { reviewSite, type ReviewSite, type ReviewSiteOptions } from './support/review-site.js'

const core = pathToFileURL(createRequire(import.meta.url).resolve('@sitedrive/core')).href

/** A build that publishes by itself, as the plugins of generators do. */
const PUBLISHING = `import { createPublisher } from ${JSON.stringify(core)}
import { appendFileSync } from 'node:fs'
appendFileSync('builds', 'x')
const publisher = createPublisher({ projectDir: process.cwd() })
const outcome = await publisher.publish('out')
console.log(outcome.status)
`

type Build = Pick<ReviewSiteOptions, 'build' | 'env' | 'now' | 'released'>

/** Its build is a script; what it says is what is run. */
async function building(script: string, options: Partial<Build> = {}): Promise<ReviewSite> {
  const site = await reviewSite({
    released: { 'a.html': '<p>1</p>' },
    now: { 'a.html': '<p>2</p>' },
    build: { command: COMMAND },
    ...options
  })
  site.writeProject({ 'build.mjs': script })
  return site
}

const COMMAND = `"${process.execPath}" build.mjs`

function publish(site: ReviewSite, more: object = {}) {
  return site.call.post<Run & ErrorAnswer>('/api/publish', { command: COMMAND, ...more })
}

describe('publish all', { timeout: 180_000 }, () => {
  test('runs the build, which publishes, and ends with the new release', async () => {
    const site = await building(PUBLISHING)
    const events = site.call.events()
    const { status, body } = await publish(site)
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'running', kind: 'publish', command: COMMAND })
    const run = await site.call.ended()
    expect(run).toMatchObject({ state: 'published', problem: null, outcome: { release: 2, changed: 1 } })
    expect(run.outcome?.link).toMatch(/^hyper:\/\/\w{52}\/$/)
    const { counts, last } = await site.call.review()
    expect(last?.release).toBe(2)
    expect(counts).toEqual({ added: 0, changed: 0, removed: 0 })
    expect(events.log()).toBe(`$ ${COMMAND}\npublished\n`)
    const phases = events.seen.flatMap((event) =>
      event.kind === 'run' && event.run ? [event.run.phase] : []
    )
    expect(phases[0]).toBe('build')
    expect(phases).toContain('index')
  })

  test('publishes the folder as it is where there is nothing to run', async () => {
    const site = await reviewSite({
      released: { 'a.html': '1' },
      now: { 'a.html': '2' },
      build: ({ dir }) => ({ dir })
    })
    await site.call.post('/api/publish', { command: null })
    expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2 } })
  })

  test('publishes the folder when the build has ended well and did not', { tags: 'long' }, async () => {
    const site = await reviewSite({
      released: { 'a.html': '1' },
      now: {},
      build: ({ dir }) => ({ dir, command: 'echo two > out/a.html' })
    })
    await site.call.post('/api/publish', { command: 'echo two > out/a.html' })
    expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2, changed: 1 } })
    const { notes } = await site.call.ended()
    expect(notes.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('did not publish by itself: `out`')
    )
  })

  test('says so when a build publishes nothing, and nobody knows what to publish', async () => {
    const site = await building('')
    await publish(site)
    const { state, problem } = await site.call.ended()
    expect(state).toBe('failed')
    expect(problem).toMatchObject({ code: 'NOTHING_PUBLISHED' })
    expect(problem?.message).toContain('buildCommand')
  })

  test('of two pages that press it makes one release, and both see it', { tags: 'long' }, async () => {
    const site = await building(PUBLISHING)
    const [first, second] = [site.call.events(), site.call.events()]
    const runs = await Promise.all([publish(site), publish(site), publish(site)])
    expect(new Set(runs.map(({ status, body }) => `${status} ${body.id}`))).toEqual(new Set(['202 1']))
    await site.call.ended()
    for (const { run } of [first, second])
      await until(() => run()?.state === 'published' && run()?.outcome?.release === 2)
    expect(readFileSync(path.join(site.projectDir, 'builds'), 'utf8')).toBe('x')
    expect((await site.call.review()).last?.release).toBe(2)
  })

  test(
    'goes on when the browser is closed in the middle, and a page that is opened later shows how it ended',
    { tags: 'long' },
    async () => {
      const site = await building(
        `import { existsSync } from 'node:fs'\nconsole.log('waiting')\nwhile (!existsSync('go')) await new Promise((r) => setTimeout(r, 20))\n${PUBLISHING}`
      )
      const first = site.call.events()
      await publish(site)
      await until(() => first.log().includes('waiting'))
      first.close()
      const second = site.call.events()
      await until(() => second.run()?.state === 'running' && second.log().includes('waiting'))
      second.close()
      site.writeProject({ go: '' })
      expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2 } })
      const late = site.call.events()
      await until(() => late.log().includes('published'))
      expect(late.run()).toMatchObject({ state: 'published' })
    }
  )

  test(
    'tells why a publish was refused, and goes through when that is allowed',
    { tags: 'long' },
    async () => {
      const many = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`${n}.html`, `<p>${n}</p>`]))
      const site = await building(PUBLISHING, { released: many, now: {} })
      for (const name of ['1.html', '2.html', '3.html', '4.html']) rmSync(path.join(site.dir, name))
      await publish(site)
      expect(await site.call.ended()).toMatchObject({
        state: 'failed',
        problem: {
          code: 'SHRINK_REFUSED',
          message: expect.stringContaining('SITEDRIVE_ALLOW=shrink') as unknown
        }
      })
      await publish(site, { allow: ['shrink'] })
      expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { removed: 4 } })
    }
  )

  test('runs nothing but the command that the page has shown', async () => {
    const site = await reviewSite({ released: { 'a.html': '1' }, now: {} })
    site.writeProject({ 'package.json': '{ "scripts": { "build": "echo safe > built" } }' })
    expect((await site.call.review()).build.command).toBe('npm run build')
    expect((await site.call.review()).build.script).toBe('echo safe > built')
    site.writeProject({ 'package.json': '{ "scripts": { "build": "echo other > built" } }' })
    expect(
      await site.call.post<ErrorAnswer>('/api/publish', {
        command: 'npm run build',
        script: 'echo safe > built'
      })
    ).toMatchObject({ status: 409, body: { error: { code: 'COMMAND_CHANGED' } } })
    const project = path.join(site.projectDir, 'sitedrive.json')
    const settings = JSON.parse(readFileSync(project, 'utf8')) as object
    writeFileSync(project, JSON.stringify({ ...settings, buildCommand: 'echo other > built' }))
    const { status, body } = await site.call.post<ErrorAnswer>('/api/publish', { command: 'npm run build' })
    expect(status).toBe(409)
    expect(body.error.code).toBe('COMMAND_CHANGED')
    for (const command of [undefined, null, 'rm -rf .', ['x'], { a: 1 }])
      expect((await site.call.post('/api/publish', { command })).status).toBe(409)
    expect(existsSync(path.join(site.projectDir, 'built'))).toBe(false)
    expect((await site.call.review()).build.command).toBe('echo other > built')
  })

  test(
    'asks before it runs the build of a folder that was never told to publish',
    { tags: 'long' },
    async () => {
      const site = await building(PUBLISHING)
      const { key } = await site.call.review()
      rmSync(sitePaths(site.env['SITEDRIVE_HOME']!, key!).folders)
      expect((await site.call.review()).permission).toMatchObject({ kind: 'not bound' })
      const refused = await publish(site)
      expect(refused).toMatchObject({ status: 409, body: { error: { code: 'NOT_BOUND' } } })
      expect(existsSync(path.join(site.projectDir, 'builds'))).toBe(false)
      await publish(site, { bind: true })
      expect(await site.call.ended()).toMatchObject({ state: 'published' })
      expect((await site.call.review()).permission).toEqual({ kind: 'publish' })
    }
  )

  test('tells why nothing is published here, and runs nothing', async () => {
    const site = await building(PUBLISHING, { env: { SITEDRIVE_PUBLISH: '0' }, released: null })
    expect((await site.call.review()).permission).toMatchObject({
      kind: 'never',
      message: expect.stringContaining('switched off') as string
    })
    expect(await publish(site, { bind: true })).toMatchObject({
      status: 409,
      body: { error: { code: 'NEVER' } }
    })
    expect(existsSync(path.join(site.projectDir, 'builds'))).toBe(false)
  })

  test('shows the release that another process published meanwhile', { tags: 'long' }, async () => {
    const site = await building('')
    expect((await site.call.review()).last?.release).toBe(1)
    const publisher = createPublisher({ projectDir: site.projectDir, env: site.env })
    await publisher.publish(site.dir)
    await publisher.close()
    const { last, counts } = await site.call.review()
    expect(last?.release).toBe(2)
    expect(counts.changed).toBe(0)
    // A page that is open hears of it, and of another command.
    const { seen } = site.call.events()
    const changes = () => seen.filter(({ kind }) => kind === 'changed').length
    await until(() => site.viewers > 0)
    let count = 0
    await until(() => {
      if (changes() > 0) return true
      site.writeProject({ 'package.json': `{ "version": "${count++}" }` })
      return false
    })
  })
})

describe('a build', { timeout: 180_000 }, () => {
  test('that writes nonsense where its publish is told of does no harm', { tags: 'long' }, async () => {
    const nonsense = [
      'null',
      '[]',
      '{',
      '"x"',
      '{"kind":"progress"}',
      '{"kind":"outcome","status":"published"}',
      '{"kind":"outcome","status":"published","isConfirmed":true,"remarks":[null],"outcome":{}}',
      '{"kind":"progress","progress":{"phase":"index","done":"1","total":null}}',
      '{"kind":"error","message":7}',
      '{"kind":"waiting","text":{}}'
    ].map((line) => line.replace(/^\{"/, '{"projectDir":".","'))
    const site = await building(
      `import { appendFileSync as append } from 'node:fs'
append(process.env.SITEDRIVE_REPORT, ${JSON.stringify(nonsense.join('\n') + '\n')}.replaceAll('"."', JSON.stringify(process.cwd())))
append(process.env.SITEDRIVE_REPORT, 'x'.repeat(5 << 20) + '\\n')
${PUBLISHING}`
    )
    await publish(site)
    expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2 } })
  })

  test(
    'that publishes more than once has published, whatever comes of the others',
    { tags: 'long' },
    async () => {
      const site = await building(
        `${PUBLISHING}
await createPublisher({ projectDir: process.cwd() }).publish('out')
await createPublisher({ projectDir: process.cwd() }).publish('no such folder').catch(() => {})`
      )
      await publish(site)
      const { state, outcome, notes } = await site.call.ended()
      expect([state, outcome?.release]).toEqual(['published', 2])
      expect(outcome).not.toHaveProperty('findings')
      expect(notes.map(({ text }) => text)).toEqual(
        expect.arrayContaining([
          'Another publish of this build changed nothing.',
          expect.stringContaining('Another publish of this build failed: ') as string
        ])
      )
    }
  )

  test('that is stopped when its release is made already is not told of as if there were none', async () => {
    const site = await building(
      `delete process.env.SITEDRIVE_REPORT\n${PUBLISHING}\nconsole.log('out now')\nsetInterval(() => {}, 1000)`
    )
    const events = site.call.events()
    await publish(site)
    await until(() => events.log().includes('out now'), { timeoutMs: 120_000 })
    await site.call.post('/api/publish/cancel', {})
    const { state, problem } = await site.call.ended()
    expect([state, problem?.code]).toEqual(['cancelled', 'RELEASED'])
    expect(problem?.message).toContain('Release 2 was made before that')
  })

  test('that fails is told of with its exit code, and publishes nothing', { tags: 'long' }, async () => {
    const site = await building(`console.error('no such filter'); process.exit(7)`)
    const events = site.call.events()
    await publish(site)
    const { state, problem } = await site.call.ended()
    expect(state).toBe('failed')
    expect(problem?.message).toBe('The build ended with exit code 7. Nothing was published.')
    await until(() => events.log().includes('no such filter'))
    expect((await site.call.review()).last?.release).toBe(1)
  })

  test('that is not there is told of', async () => {
    const site = await reviewSite({
      released: { 'a.html': '1' },
      now: {},
      build: { command: 'sitedrive-no-such-program --x' }
    })
    const events = site.call.events()
    await site.call.post('/api/publish', { command: 'sitedrive-no-such-program --x' })
    expect(await site.call.ended()).toMatchObject({ state: 'failed' })
    await until(() => /not found|not recognized/.test(events.log()))
  })

  test('that asks a question finds nobody there, and ends', async () => {
    const site = await building(
      `let asked = ''; process.stdin.on('data', (d) => (asked += d)); process.stdin.on('end', () => { console.log('EOF'); process.exit(3) }); process.stdout.write('Really? [y/n] ')`
    )
    const events = site.call.events()
    await publish(site)
    expect(await site.call.ended()).toMatchObject({ state: 'failed' })
    await until(() => events.log().includes('Really? [y/n] EOF'))
  })

  test(
    'that prints megabytes keeps the last of it, and says that there was more',
    { tags: 'long' },
    async () => {
      const site = await building(
        `for (let i = 0; i < 40_000; i++) process.stdout.write('line ' + i + ' ' + 'x'.repeat(40) + '\\n')\nprocess.exitCode = 1`
      )
      await publish(site)
      await site.call.ended()
      const late = site.call.events()
      await until(() => late.seen.some(({ kind }) => kind === 'log'))
      const [log] = late.seen.flatMap((event) => (event.kind === 'log' ? [event.log] : []))
      expect(log!.text.length).toBe(LOG_KEPT)
      expect(log!.dropped).toBeGreaterThan(1_000_000)
      expect(log!.text).toContain('line 39999 ')
    }
  )

  test.skipIf(process.platform === 'win32').each([COMMAND, `exec ${COMMAND}`])(
    'that hangs is stopped, with all that it has started: %s',
    { tags: 'long' },
    async (command) => {
      const site = await building(
        `import { spawn } from 'node:child_process'
process.on('SIGTERM', () => console.log('no'))
const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'inherit' })
setTimeout(() => console.log('PIDS ' + process.pid + ' ' + child.pid + ' .'), 300)
setInterval(() => {}, 1000)`,
        { build: { command } }
      )
      const events = site.call.events()
      await publish(site, { command })
      await until(() => events.log().includes(' .'))
      const pids = /PIDS (\d+) (\d+)/.exec(events.log())!.slice(1).map(Number)
      expect(pids.map(isAlive)).toEqual([true, true])
      await site.call.post('/api/publish/cancel', {})
      expect(await site.call.ended()).toMatchObject({ state: 'cancelled' })
      await until(() => pids.every((pid) => !isAlive(pid)))
      // And the next one is not in its way.
      site.writeProject({ 'build.mjs': PUBLISHING })
      await publish(site, { command })
      expect(await site.call.ended()).toMatchObject({ state: 'published' })
    }
  )

  test('that runs when the dev process ends does not outlive it', async () => {
    const site = await building(`console.log('PID ' + process.pid + ' .'); setInterval(() => {}, 1000)`)
    const events = site.call.events()
    await publish(site)
    await until(() => events.log().includes(' .'))
    const pid = Number(/PID (\d+)/.exec(events.log())?.[1])
    await site.close()
    expect(isAlive(pid)).toBe(false)
  })

  test('is a production build, whatever the dev process has set for itself', async () => {
    const site = await building(
      `console.log(JSON.stringify([process.env.NODE_ENV ?? null, process.env.ELEVENTY_RUN_MODE ?? null, process.env.NO_COLOR, process.env.OWN]))`,
      { env: { NODE_ENV: 'development', ELEVENTY_RUN_MODE: 'serve', OWN: 'kept' } }
    )
    const events = site.call.events()
    await publish(site)
    await site.call.ended()
    await until(() => events.log().includes('[null,null,"1","kept"]'))
  })
})

describe('going back', { timeout: 180_000 }, () => {
  test('to a release makes a new one with its files', async () => {
    const site = await building('')
    await site.publish({})
    const log = await site.call.ask('GET', '/api/log')
    const { releases } = JSON.parse(log.text) as { releases: { release: number }[] }
    expect(releases.map(({ release }) => release)).toEqual([2, 1])
    const { status } = await site.call.post('/api/rollback', { release: 1, newest: 2 })
    expect(status).toBe(202)
    expect(await site.call.ended()).toMatchObject({
      kind: 'rollback',
      state: 'published',
      release: 1,
      outcome: { release: 3 }
    })
    expect((await site.call.review()).counts.changed).toBe(1)
  })

  test('is refused on top of a release that the page has not shown, and while something runs', async () => {
    const site = await building('setTimeout(() => {}, 60_000)')
    expect(await site.call.post('/api/rollback', { release: 1, newest: 0 })).toMatchObject({
      status: 409,
      body: { error: { code: 'NEWER_RELEASE' } }
    })
    await publish(site)
    expect(await site.call.post('/api/rollback', { release: 1, newest: 1 })).toMatchObject({
      status: 409,
      body: { error: { code: 'BUSY' } }
    })
    await site.call.post('/api/publish/cancel', {})
    await site.call.ended()
    await site.call.post('/api/rollback', { release: 77, newest: 1 })
    expect(await site.call.ended()).toMatchObject({ state: 'failed', problem: { code: 'NO_SUCH_RELEASE' } })
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return existsSync('/proc/self') ? false : true
  }
}
