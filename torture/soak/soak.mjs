import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LongRunning } from '../support/long-running.mjs'
import { Random } from '../support/random.mjs'
import { until } from '../support/wait.mjs'
import { EditedSite, now } from './edits.mjs'
import { ProcessSamples, WARM_UP } from './samples.mjs'
import { Window } from './window.mjs'

const EDIT_MS = 500
const EDITS_BETWEEN_PAUSES = 20
/** In a pause, everybody has the newest state within this, also on a busy machine. Milliseconds. */
const SHOW_MS = 30_000
/** How often processes are measured in a run: every 3.6 s in half an hour. */
const SAMPLES = 500
/** How much of what a program wrote is shown after a failure. Characters. */
const LOG_LENGTH = 4_000

/** A site that is edited, the processes that show it live, and the windows that somebody has open. */
export class Soak {
  violations = []
  #root
  #env
  #browser
  #site
  #running = []
  #samples = []
  #windows = []
  /** Edits that windows show: of the first page, and of the style sheet. */
  #visible = []
  #pauses = 0
  #longestShowMs = 0
  #ms = 0

  /** @param {{ seed: number, root: string, dht: { host: string, port: number }[], browser: import('playwright-core').Browser }} options `root`: an empty folder */
  constructor({ seed, root, dht, browser }) {
    this.#root = root
    this.#env = {
      PATH: process.env.PATH,
      NO_COLOR: '1',
      SITEDRIVE_BOOTSTRAP: dht.map(({ host, port }) => `${host}:${port}`).join(',')
    }
    this.#browser = browser
    this.#site = new EditedSite(path.join(root, 'project', 'out'), new Random(seed))
  }

  async start() {
    const project = path.join(this.#root, 'project')
    const watch = await this.#startLive('author', project, ['watch', 'out'])
    const preview = await this.#startLive('follower', this.#root, ['preview', '-'], watch.answer.link)
    const isThere = async () => (await fetch(preview.answer.url, { signal: AbortSignal.timeout(SHOW_MS) })).ok
    await until('the follower shows the first state', isThere, SHOW_MS)
    for (const [name, { answer }] of Object.entries({
      author: watch,
      'follower 1': preview,
      'follower 2': preview
    }))
      this.#windows.push(await Window.open(this.#browser, name, answer.url))
    await this.#mustShowNewest()
  }

  async #startLive(machine, cwd, words, stdin) {
    const home = path.join(this.#root, machine)
    const env = { ...this.#env, SITEDRIVE_HOME: home }
    const started = await LongRunning.start(words, { cwd, env, stdin })
    this.#running.push(started)
    this.#samples.push(new ProcessSamples(words[0], started.pid, home))
    return started
  }

  /** @param {number} ms how long to edit */
  async run(ms) {
    const began = performance.now()
    const over = () => (performance.now() - began) / ms
    let isWarm = false
    let nextSample = 0
    while (over() < 1) {
      let due = performance.now()
      for (let edit = 0; edit < EDITS_BETWEEN_PAUSES; edit++) {
        this.#edit()
        due += EDIT_MS
        await pause(Math.max(0, due - performance.now()))
        if (over() < nextSample) continue
        nextSample += 1 / SAMPLES
        for (const samples of this.#samples) samples.take(over())
      }
      await this.#mustShowNewest()
      if (isWarm || over() < WARM_UP) continue
      isWarm = true
      for (const each of this.#windows) await each.measure()
    }
    for (const each of this.#windows) await each.measure()
    this.#ms = performance.now() - began
    for (const samples of this.#samples) this.violations.push(...samples.violations(this.#ms))
    for (const each of this.#windows) this.violations.push(...each.violations())
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
        const isNewest = async () => (seen = JSON.stringify(await each.look())) === newest
        await until(`the window of ${each.name} shows ${newest}`, isNewest, SHOW_MS).catch(({ message }) => {
          throw new Error(`${message}; it shows ${seen}`)
        })
      })
    )
    for (const { name: command, answer } of this.#running) {
      for (const [name, number] of pages)
        await this.#mustAnswer(command, answer.url, name, (text) =>
          text.includes(`<p id="edit">${number}</p>`)
        )
      for (const name of removed)
        await this.#mustAnswer(command, answer.url, name, (text) => text === 'status 404')
    }
    this.#longestShowMs = Math.max(this.#longestShowMs, now() - began)
    removed.clear()
    this.#pauses++
  }

  async #mustAnswer(command, url, name, isNewest) {
    let seen = ''
    const isAnswered = async () => isNewest((seen = await this.#fetch(url, name)))
    await until(`\`${command}\` has the newest state of ${name}`, isAnswered, SHOW_MS).catch(
      ({ message }) => {
        throw new Error(`${message}; its answer is ${seen.slice(0, 300)}`)
      }
    )
  }

  /** A page, as somebody gets it who opens it now. */
  async #fetch(url, name) {
    const answer = await fetch(new URL(`/pages/${name}.html`, url), { signal: AbortSignal.timeout(SHOW_MS) })
    const body = await answer.text()
    return answer.ok ? body : `status ${answer.status}`
  }

  async stop() {
    for (const each of this.#windows) await each.close()
    for (const each of this.#running.toReversed()) {
      await each.stop()
      if (/^\s+at .*:\d+:\d+/m.test(each.program.stderr))
        this.violations.push(`\`${each.name}\` printed a stack: ${each.program.stderr}`)
    }
  }

  /** What the programs wrote to stderr, and the last edits: for who searches for a fault. */
  get log() {
    const written = this.#running.map(({ name, program }) => `${name}: ${program.stderr.slice(-LOG_LENGTH)}`)
    return [...this.#site.log, ...written].join('\n')
  }

  /** Ends what still runs after a failure. */
  kill() {
    for (const { program } of this.#running) program.kill('SIGKILL')
  }

  get minutes() {
    return (this.#ms / 60_000).toFixed(1)
  }

  /** What the report shows. */
  sections() {
    const edits = [
      ['', ''],
      ['edits', this.#site.edits],
      ['of the page that windows have open, and its style', this.#visible.length],
      ['pauses in which all showed the newest state', this.#pauses],
      ['the longest until all was asked for and shown, ms', Math.round(this.#longestShowMs)]
    ]
    return [
      { table: edits },
      { title: 'Windows', table: columns('window of', this.#windows, (each) => each.facts(this.#visible)) },
      {
        title: 'Processes',
        table: columns('process', this.#samples, (samples) => samples.facts()),
        images: ProcessSamples.plots(this.#samples, this.#ms)
      }
    ]
  }
}

/** A table with a column for each of these. */
function columns(what, all, factsOf) {
  const facts = all.map(factsOf)
  return [
    [what, ...all.map(({ name }) => name)],
    ...(facts[0] ?? []).map(([row], at) => [row, ...facts.map((each) => each[at][1])])
  ]
}
