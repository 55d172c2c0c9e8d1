import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SitedriveError } from '@sitedrive/core'
import { startLivePreview, type LivePreview } from '@sitedrive/preview/live'
import {
  cleanEnvironment,
  lookAtPreview,
  startCommand,
  temporaryFolder,
  until,
  writeFiles,
  type Running
} from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Caller } from '../review/support/review-site.js'

const packageDir = fileURLToPath(new URL('../../../preview', import.meta.url))

type Options = Partial<Parameters<typeof startLivePreview>[0]>

/** A project with an output folder, and a data directory of its own. */
class Project {
  readonly dir = temporaryFolder()
  readonly home = temporaryFolder()
  readonly output = path.join(this.dir, 'out')
  readonly env = cleanEnvironment({ SITEDRIVE_HOME: this.home })

  constructor(files: Record<string, string> = { 'index.html': '<p>one</p>' }) {
    this.write(files)
  }

  write(files: Record<string, string>): void {
    writeFiles(this.output, files)
  }

  async start(options: Options = {}): Promise<LivePreview> {
    const preview = await startLivePreview({
      projectDir: this.dir,
      env: this.env,
      bootstrap: null,
      ...options
    })
    onTestFinished(() => preview.close())
    return preview
  }

  /** Runs the lines in a process of their own, after one that starts the preview. */
  run(lines: string, env: Record<string, string> = {}): Running {
    const options = JSON.stringify({ projectDir: this.dir, bootstrap: null })
    const script = `import { startLivePreview } from '@sitedrive/preview/live'
const starting = startLivePreview(${options})
const output = ${JSON.stringify(this.output)}
console.log('PID', process.pid)
${lines}`
    const command = { command: process.execPath, args: ['--input-type=module', '-e', script] }
    return startCommand(command, { cwd: packageDir, env: { ...this.env, ...env } }) // where the package finds itself by name
  }

  /** The process that has the preview open, or had it when it was killed. */
  get pid(): number {
    const previews = path.join(this.home, 'previews')
    const [name = ''] = readdirSync(previews)
    const holder = readFileSync(path.join(previews, name, 'writer.lock'), 'utf8')
    return (JSON.parse(holder) as { pid: number }).pid
  }
}

describe('a live preview in a process of its own', { timeout: 180_000 }, () => {
  test('shows updates, a build that runs, one that failed, and the next good one', async () => {
    const project = new Project({ 'index.html': '<p>one</p>', 'two.html': '<p>two</p>' })
    const preview = await project.start()
    expect(project.pid).not.toBe(process.pid)
    expect((await preview.update(project.output)).changes).toHaveLength(2)
    expect(await page(preview)).toContain('<p>one</p>')

    preview.building()
    await until(async () => (await status(preview)).state === 'building')
    const failure = { message: 'no such filter', file: './index.njk', line: 3, column: 5 }
    await preview.failed(failure)
    expect(await status(preview)).toMatchObject({ state: 'failed', failure })
    expect(await page(preview)).toContain('<p>one</p>')

    preview.building()
    project.write({ 'index.html': '<p>edited</p>' })
    expect(await preview.update(project.output, ['/index.html'])).toMatchObject({
      changes: [{ op: 'change', path: '/index.html' }]
    })
    expect(await status(preview)).toMatchObject({ state: 'ready', failure: null })
    expect(await page(preview)).toContain('<p>edited</p>')
  })

  test.skipIf(process.platform !== 'linux')(
    'has neither the secret of the site nor the link where others can read them, and makes no key',
    async () => {
      const project = new Project()
      const secret = 'ab'.repeat(32)
      const preview = await project.start({ env: { ...project.env, SITEDRIVE_SECRET: secret } })
      const seen = ['environ', 'cmdline'].map((name) => readFileSync(`/proc/${project.pid}/${name}`, 'utf8'))
      expect(seen.join()).toContain('SITEDRIVE_HOME')
      expect(seen.join()).not.toContain(secret)
      expect(seen.join()).not.toContain(preview.link.slice(-40))
      await preview.update(project.output)
      const { port, hash } = new URL(preview.reviewUrl)
      const { permission } = await new Caller(Number(port), hash.slice(1)).review()
      expect(permission).toMatchObject({ kind: 'never' })
    }
  )

  test('has a review that checks nothing when it is told so', { tags: 'long' }, async () => {
    const project = new Project({ 'index.html': '<a href="/nowhere/">x</a>' })
    const checked = async (options: Options) => {
      const preview = await project.start(options)
      await preview.update(project.output)
      const { port, hash } = new URL(preview.reviewUrl)
      const caller = new Caller(Number(port), hash.slice(1))
      const review = await until(async () => {
        const answer = await caller.review()
        return !answer.isChecking && answer
      })
      await preview.close()
      return [review.checksMode, review.findings.length]
    }
    expect(await checked({ checks: 'off' })).toEqual(['off', 0])
    expect(await checked({ env: { ...project.env, SITEDRIVE_CHECKS: 'off' } })).toEqual(['off', 0])
    expect(await checked({ env: { ...project.env, SITEDRIVE_CHECKS: 'off' }, checks: 'warn' })).toEqual([
      'warn',
      1
    ])
  })

  test(
    'tells on stderr what it does, for those who ask with SITEDRIVE_DEBUG, and else nothing',
    { tags: 'long' },
    async () => {
      const lines = `const alive = setInterval(() => {}, 1_000)
const preview = await starting
await preview.update(output)
await preview.close()
clearInterval(alive)`
      const outputs = []
      for (const topics of ['', 'preview', 'seeds']) {
        const running = new Project().run(lines, { SITEDRIVE_DEBUG: topics })
        expect(await running.finished).toMatchObject({ exitCode: 0 })
        outputs.push(running.output().replace(/^PID .*\n/, ''))
      }
      expect(outputs).toEqual(['', expect.stringContaining(' wrote 1 changes '), ''])
      expect(outputs[1]).toMatch(/^(sitedrive preview [\d.]+ s: .*\n)+$/)
    }
  )

  test('is ready again after a build that changed nothing', async () => {
    const project = new Project()
    const preview = await project.start()
    await preview.update(project.output)
    preview.building()
    await until(async () => (await status(preview)).state === 'building')
    expect((await preview.update(project.output)).changes).toEqual([])
    expect(await status(preview)).toMatchObject({ state: 'ready' })
  })

  test('compares the folder again while somebody looks, though nobody tells of another program', async () => {
    const project = new Project()
    const preview = await project.start()
    await preview.update(project.output)
    const leave = await lookAtPreview(preview.url)
    project.write({ 'late.txt': 'late' })
    await until(async () => (await fetch(new URL('/late.txt', preview.url))).status === 200)

    // Not over a build that failed, whose message must stay.
    await preview.failed({ message: 'no such filter' })
    project.write({ 'later.txt': 'later' })
    await expect(
      until(async () => (await status(preview)).state !== 'failed', { timeoutMs: 2_500 })
    ).rejects.toThrow('Not fulfilled')
    leave()
  })

  test('answers several updates at once, each of them', async () => {
    const project = new Project()
    const preview = await project.start()
    const updates = [1, 2, 3].map((round) => {
      project.write({ 'index.html': `<p>${round}</p>` })
      return preview.update(project.output)
    })
    const versions = (await Promise.all(updates)).map(({ version }) => version)
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(await page(preview)).toContain('<p>3</p>')
  })

  test('hands on errors with their code', { tags: 'long' }, async () => {
    const project = new Project()
    const preview = await project.start()
    await expect(preview.update(project.home)).rejects.toMatchObject({ code: 'DIR_OVERLAP' })
    const problems: Error[] = []
    const second = project.start({ onProblem: (problem) => problems.push(problem) })
    const error = await second.then(
      () => null,
      (refusal: unknown) => refusal
    )
    expect(error).toBeInstanceOf(SitedriveError)
    expect(error).toMatchObject({
      code: 'PREVIEW_RUNNING',
      message: expect.stringContaining(preview.url) as string
    })

    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    await expect(new Project().start({ port })).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
    // Said once, by the refusal itself.
    expect(problems).toEqual([])
  })

  test(
    'ends when it is closed, answers what it was asked before, and leaves the preview to the next',
    { tags: 'long' },
    async () => {
      const project = new Project()
      const ended: Error[] = []
      const preview = await project.start({ onEnded: (why) => ended.push(why) })
      const { pid } = project
      const update = preview.update(project.output)
      await Promise.all([preview.close(), preview.close()])
      expect((await update).changes).toHaveLength(1)
      expect(isAlive(pid)).toBe(false)
      expect(ended).toEqual([])
      await expect(preview.update(project.output)).rejects.toThrow('process')

      const next = await project.start()
      expect(next.link).toBe(preview.link)
      expect(next.url).toBe(preview.url)
      expect(await page(next)).toContain('<p>one</p>')
    }
  )

  test(
    'that is killed is told of once, and whoever waits for it does not wait for ever',
    { tags: 'long' },
    async () => {
      const project = new Project()
      const ended: Error[] = []
      const preview = await project.start({ onEnded: (why) => ended.push(why) })
      process.kill(project.pid, 'SIGSTOP')
      const update = preview.update(project.output)
      process.kill(project.pid, 'SIGKILL')
      await expect(update).rejects.toThrow('SIGKILL')
      await expect(preview.failed({ message: 'no such filter' })).rejects.toThrow('SIGKILL')
      preview.building()
      expect(ended.map(({ message }) => message)).toEqual([expect.stringContaining('SIGKILL')])
      await preview.close()
    }
  )

  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGHUP'] as const)(
    'leaves %s to the process that started it',
    async (signal) => {
      const project = new Project()
      const preview = await project.start()
      process.kill(project.pid, signal)
      await preview.update(project.output)
      expect(await page(preview)).toContain('<p>one</p>')
    }
  )

  test('goes with the process that started it, even where that is killed', async () => {
    const project = new Project()
    const parent = project.run(`setInterval(() => {}, 1_000)
const preview = await starting
console.log('OPEN', (await preview.update(output)).changes.length)`)
    await until(() => parent.output().includes('OPEN 1'), { describe: parent.output })
    const { pid } = project
    expect(isAlive(pid)).toBe(true)
    process.kill(Number(/PID (\d+)/.exec(parent.output())?.[1]), 'SIGKILL')
    await parent.finished
    await until(() => !isAlive(pid))
    const next = await project.start()
    expect(await page(next)).toContain('<p>one</p>')
  })

  test('goes with a process that is killed before it is open', { tags: 'long' }, async () => {
    const project = new Project()
    const parent = project.run('await starting')
    await until(() => parent.output().includes('PID'), { describe: parent.output })
    parent.signal('SIGKILL')
    await parent.finished
    // It is another's, sooner or later.
    await project.start()
  })

  test('does not keep that process alive', { tags: 'long' }, async () => {
    const project = new Project()
    const parent = project.run(`const preview = await starting
const alive = setInterval(() => {}, 1_000)
console.log('OPEN', (await preview.update(output)).changes.length)
preview.building()
clearInterval(alive)`)
    expect(await parent.finished).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('OPEN 1') })
    await project.start()
  })

  test('is no child of a debugger', async () => {
    const project = new Project()
    const env = { ...project.env, NODE_OPTIONS: '--inspect-brk=127.0.0.1:0 --no-warnings' }
    const preview = await project.start({ env })
    await preview.update(project.output)
    expect(await page(preview)).toContain('<p>one</p>')
  })
})

async function page(preview: LivePreview): Promise<string> {
  return (await fetch(preview.url)).text()
}

async function status(preview: LivePreview): Promise<{ state: string; failure: unknown }> {
  const response = await fetch(new URL('/.well-known/sitedrive/events?since=', preview.url))
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString()
    const [, data] = /^event: status\ndata: (.*)\n\n/m.exec(text) ?? []
    if (data !== undefined) return JSON.parse(data) as { state: string; failure: unknown }
  }
  throw new Error(`no status: ${text}`)
}

/** Whether a process runs. One that has ended, and that nobody has asked how, does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
