import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { decode } from 'hypercore-id-encoding'
import { LongRunning } from '../support/long-running.mjs'
import { peakOf } from '../support/measure.mjs'
import { PlainReader } from '../support/plain-reader.mjs'
import { Program } from '../support/program.mjs'
import { until } from '../support/wait.mjs'

/** The largest site may take so long. Milliseconds. */
const RUN_MS = 3_600_000
const READER_MS = 60_000
const PEAK_MS = 50

/** Where a part of the growth run has its machines: a folder, a private DHT, an author, a peer. */
export class Ground {
  #readers = 0
  /** The running peer. */
  peer = null

  /** @param {{ host: string, port: number }[]} dht */
  constructor(root, dht) {
    this.root = root
    this.dht = dht
    this.home = path.join(root, 'author')
    this.project = path.join(root, 'project')
    this.out = path.join(this.project, 'out')
    this.peerDir = path.join(root, 'peer')
    mkdirSync(this.out, { recursive: true })
  }

  /** The environment of the author's programs. */
  get env() {
    return {
      PATH: process.env.PATH,
      NO_COLOR: '1',
      SITEDRIVE_HOME: this.home,
      SITEDRIVE_BOOTSTRAP: this.dht.map(({ host, port }) => `${host}:${port}`).join(','),
      SITEDRIVE_CHECKS: 'off'
    }
  }

  /**
   * Runs a command of the author's to its good end.
   *
   * @returns its JSON answer, milliseconds from start to end, and the most memory that it had, bytes
   * @throws when it does not end with 0
   */
  async run(...words) {
    const began = performance.now()
    const program = new Program(words, { cwd: this.project, env: this.env })
    program.stopsDeadline()
    let peak = 0
    const timer = setInterval(() => (peak = highest(peak, program.child.pid)), PEAK_MS)
    try {
      await until(`\`sitedrive ${words.join(' ')}\` ends`, () => !program.isRunning, RUN_MS)
    } finally {
      clearInterval(timer)
      program.kill('SIGKILL')
    }
    const ended = await program.ended
    if (ended !== 0)
      throw new Error(`\`sitedrive ${words.join(' ')}\` ended with ${ended}: ${program.stderr}`)
    return { answer: program.answer, ms: performance.now() - began, peak }
  }

  /** Publishes `out`. @returns as `run`, and milliseconds until the peer had confirmed it @throws when it did not */
  async publish() {
    const done = await this.run('publish', 'out')
    const [seed] = done.answer.seeds
    if (!seed?.confirmed) throw new Error(`a release was not confirmed: ${JSON.stringify(done.answer)}`)
    return { ...done, confirmMs: seed.ms }
  }

  /** Starts the peer, or starts it again. @param {string[]} words further options */
  async startPeer(...words) {
    this.peer = await LongRunning.start(['peer', '--dir', this.peerDir, ...words], {
      cwd: this.root,
      env: { ...this.env, SITEDRIVE_HOME: path.join(this.root, 'peer-home') }
    })
    return this.peer
  }

  async restartPeer(...words) {
    await this.stopPeer()
    return this.startPeer(...words)
  }

  async stopPeer() {
    await this.peer.stop()
    this.peer = null
  }

  /** Waits until the peer shows a release of so many sites whole. */
  async untilComplete(release, sites = 1) {
    const url = new URL('/status.json', this.peer.answer.url)
    await until(
      `the peer shows release ${release} of ${sites} sites`,
      async () => {
        const answer = await fetch(url, { signal: AbortSignal.timeout(READER_MS) })
        const { sites: all } = await answer.json()
        return all.filter((site) => site.state === 'complete' && site.release === release).length === sites
      },
      RUN_MS
    )
  }

  /** Makes the key of the site, starts a peer that trusts it and pins it there. @returns {Promise<string>} the key */
  async begin() {
    const { answer } = await this.run('init')
    const { publisherKey } = (await this.run('key', 'show')).answer
    const peer = await this.startPeer('--trust', publisherKey)
    await this.run('init', '--seed', peer.answer.key)
    return answer.key
  }

  /** Looks at a site with a plain Hyperdrive that has its key alone. @param {number} version wanted at least */
  async read(key, version, look) {
    const dir = path.join(this.root, `reader-${this.#readers++}`)
    const reader = await PlainReader.open(this.dht, decode(key), dir)
    try {
      await until(
        `a plain reader finds version ${version} of ${key}`,
        async () => (await reader.update()) >= version,
        READER_MS
      )
      await look(reader)
      if (reader.conflicts > 0) throw new Error(`a plain reader of ${key} met a conflict`)
    } finally {
      await reader.close()
      rmSync(dir, { recursive: true, force: true })
    }
  }

  /** Ends what runs and removes everything. */
  close() {
    this.peer?.program.kill('SIGKILL')
    rmSync(this.root, { recursive: true, force: true, maxRetries: 13 })
  }
}

function highest(peak, pid) {
  try {
    return Math.max(peak, peakOf(pid))
  } catch {
    return peak // it has just ended
  }
}
