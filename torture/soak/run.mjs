import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import createTestnet from 'hyperdht/testnet.js'
import { chromium } from 'playwright-core'
import { LongRunning } from '../support/long-running.mjs'
import { percentile } from '../support/measure.mjs'
import { Random } from '../support/random.mjs'
import { until } from '../support/wait.mjs'
import { EditedSite, now } from './edits.mjs'
import { ProcessSamples } from './samples.mjs'
import { Window } from './window.mjs'

const EDIT_MS = 500
const EDITS_BETWEEN_PAUSES = 20
/** In a pause, every window shows the newest state within this. Milliseconds. */
const SHOW_MS = 10_000
/** How often processes are measured in a run, that is every 3.6 s in half an hour. */
const SAMPLES = 500

export const OPTIONS = { seconds: 1_800, plots: 'docs/reliability' }

/**
 * Edits a watched folder twice a second. One browser window looks at the author's machine, two at a machine that follows.
 *
 * @param {{ seed: number, seconds: number, plots: string }} options
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, seconds, plots }) {
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-soak-')))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  })
  const soak = new Soak(seed, root, testnet.bootstrap, browser)
  try {
    await soak.start()
    await soak.run(seconds * 1_000)
    await soak.stop()
  } catch (error) {
    soak.violations.push(error.stack)
  } finally {
    await browser.close()
    soak.kill()
    await testnet.destroy()
    rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  }
  mkdirSync(plots, { recursive: true })
  for (const [name, image] of soak.plots()) writeFileSync(path.join(plots, `${name}.svg`), image)
  return { violations: soak.violations, facts: soak.facts() }
}

class Soak {
  violations = []
  #root
  #bootstrap
  #browser
  #site
  #project
  #running = []
  #samples = []
  #windows = []
  /** Edits that windows show: of the first page, and of the style sheet. */
  #visible = []
  #pauses = 0
  #longestShowMs = 0
  #ms = 0

  constructor(seed, root, bootstrap, browser) {
    this.#root = root
    this.#bootstrap = bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
    this.#browser = browser
    this.#project = path.join(root, 'project')
    this.#site = new EditedSite(path.join(this.#project, 'out'), new Random(seed))
  }

  async start() {
    const watch = await this.#startLive('author', this.#project, ['watch', 'out'])
    const preview = await this.#startLive('follower', this.#root, ['preview', '-'], watch.answer.link)
    await until(
      'the follower shows the first state',
      async () => (await fetch(preview.answer.url, { signal: AbortSignal.timeout(SHOW_MS) })).ok || null,
      SHOW_MS
    )
    for (const [name, { answer }] of [
      ['author', watch],
      ['follower 1', preview],
      ['follower 2', preview]
    ])
      this.#windows.push(await Window.open(this.#browser, name, answer.url))
    await this.#mustShowNewest()
  }

  async #startLive(machine, cwd, words, stdin) {
    const home = path.join(this.#root, machine)
    const env = {
      PATH: process.env.PATH,
      NO_COLOR: '1',
      SITEDRIVE_HOME: home,
      SITEDRIVE_BOOTSTRAP: this.#bootstrap
    }
    const started = await LongRunning.start(words, { cwd, env, stdin })
    this.#running.push(started)
    this.#samples.push(new ProcessSamples(words[0], started.pid, home))
    return started
  }

  /** @param {number} ms how long to edit */
  async run(ms) {
    const began = performance.now()
    const endsAt = began + ms
    let nextSample = began
    while (performance.now() < endsAt) {
      let due = performance.now()
      for (let edit = 0; edit < EDITS_BETWEEN_PAUSES; edit++) {
        this.#edit()
        due += EDIT_MS
        await pause(Math.max(0, due - performance.now()))
        if (performance.now() < nextSample) continue
        nextSample += ms / SAMPLES
        for (const samples of this.#samples) samples.take((performance.now() - began) / ms)
      }
      await this.#mustShowNewest()
    }
    this.#ms = performance.now() - began
    for (const samples of this.#samples) this.violations.push(...samples.violations(this.#ms))
  }

  #edit() {
    const { number, kind, writtenAt } = this.#site.edit()
    if (kind === 'page') return
    this.#visible.push({ what: `${kind === 'style' ? 'style' : 'text'} ${number}`, writtenAt })
  }

  async #mustShowNewest() {
    const { text, style, pages, removed } = this.#site
    const newest = JSON.stringify({ text, style, pages: [...pages.keys()] })
    const began = now()
    await Promise.all(
      this.#windows.map(async (each) => {
        let seen = null
        await until(
          `the window of ${each.name} shows ${newest}`,
          async () => (seen = JSON.stringify(await each.look())) === newest,
          SHOW_MS
        ).catch(({ message }) => {
          throw new Error(`${message}; it shows ${seen}`)
        })
      })
    )
    this.#longestShowMs = Math.max(this.#longestShowMs, now() - began)
    for (const { name: command, answer } of this.#running) {
      for (const [name, number] of pages) {
        const { status, text } = await this.#fetch(answer.url, name)
        if (status !== 200 || !text.includes(`<p id="edit">${number}</p>`))
          throw new Error(`\`${command}\` does not show edit ${number} of ${name}: ${status} ${text}`)
      }
      for (const name of removed) {
        const { status } = await this.#fetch(answer.url, name)
        if (status !== 404)
          throw new Error(`\`${command}\` still shows ${name}, which was removed: ${status}`)
      }
    }
    removed.clear()
    this.#pauses++
  }

  /** A page, as somebody gets it who opens it now. */
  async #fetch(url, name) {
    const answer = await fetch(new URL(`/pages/${name}.html`, url), { signal: AbortSignal.timeout(SHOW_MS) })
    return { status: answer.status, text: await answer.text() }
  }

  async stop() {
    for (const each of this.#windows)
      if (each.problems.length > 0) this.violations.push(`${each.name}: ${each.problems[0]}`)
    for (const each of this.#windows) await each.close()
    for (const each of this.#running.toReversed()) {
      await each.stop()
      if (/^\s+at .*:\d+:\d+/m.test(each.program.stderr))
        this.violations.push(`\`${each.name}\` printed a stack: ${each.program.stderr}`)
    }
  }

  /** Ends what still runs after a failure. */
  kill() {
    for (const { program } of this.#running) program.kill('SIGKILL')
  }

  facts() {
    return [
      ['edits', this.#site.edits],
      ['  that a window can show', this.#visible.length],
      ['pauses in which all windows showed the newest state', this.#pauses],
      ['  longest wait for it, ms', Math.round(this.#longestShowMs)],
      ...this.#windows.flatMap((each) => {
        const delays = this.#visible.flatMap(({ what, writtenAt }) =>
          each.shownAt.has(what) ? [each.shownAt.get(what) - writtenAt] : []
        )
        return [
          [
            `window of ${each.name}: from the edit to the screen, p50 and p95, ms`,
            `${Math.round(percentile(delays, 0.5))} ${Math.round(percentile(delays, 0.95))}`
          ],
          ['  a newer one came first', this.#visible.length - delays.length],
          ['  loads', each.loads]
        ]
      }),
      ...this.#samples.flatMap((samples) => samples.facts()),
      ['broken promises', this.violations.length],
      ['minutes', (this.#ms / 60_000).toFixed(1)]
    ]
  }

  plots() {
    return ProcessSamples.plots(this.#samples, this.#ms)
  }
}
