import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { decode } from 'hypercore-id-encoding'
import { Machine } from '../support/machine.mjs'
import { PlainReader } from '../support/plain-reader.mjs'
import { Program } from '../support/program.mjs'
import { digestOf, sha256 } from '../support/site-folder.mjs'
import { until } from '../support/wait.mjs'
import { Footprint } from './footprint.mjs'
import { get } from './http.mjs'

const READY_MS = 60_000

/** The programs that are attacked: a peer, a live preview, somebody who follows it, and the publisher of another site. */
export class Stage {
  #root
  #dht
  #readers = 0

  /** @param {{ random: object, root: string, dht: { host: string, port: number }[], trusts: string[] }} options */
  static async open({ random, root, dht, trusts }) {
    const stage = new Stage()
    stage.#root = root
    stage.#dht = dht
    stage.author = stage.#machine('author', random)
    stage.publisher = stage.#machine('publisher', random)
    stage.follower = stage.#machine('follower', random)
    stage.operator = stage.#machine('operator', random)
    await stage.#begin(trusts)
    return stage
  }

  #machine(name, random) {
    const bootstrap = this.#dht.map(({ host, port }) => `${host}:${port}`).join(',')
    return new Machine(name, path.join(this.#root, name), { random, bootstrap })
  }

  async #begin(trusts) {
    const trusted = [...trusts]
    for (const machine of [this.author, this.publisher]) {
      for (let build = 0; build < 4; build++) machine.folder.build()
      machine.key = (await machine.run('init')).key
      trusted.push((await machine.run('key', 'show')).publisherKey)
    }
    this.peerDir = path.join(this.operator.project, 'data')
    const trust = trusted.flatMap((publisherKey) => ['--trust', publisherKey])
    this.peer = await startLive(this.operator, ['peer', '--dir', this.peerDir, '--port', '0', ...trust])
    for (const machine of [this.author, this.publisher]) {
      await machine.run('init', '--seed', this.peer.answer.key)
      await machine.run('publish', 'out')
    }
    this.published = this.author.folder.hashes()
    this.watch = await startLive(this.author, ['watch', 'out'])
    this.preview = await startLive(this.follower, ['preview', '-'], this.watch.answer.link)
    this.peer.dir = this.peerDir
    this.watch.dir = this.author.home
    this.preview.dir = this.follower.home
    for (const [name, program] of Object.entries(this.programs))
      program.footprint = new Footprint(name, program)
  }

  /** What must live on. */
  get programs() {
    const { peer, watch, preview } = this
    return { peer, watch, preview }
  }

  get siteKey() {
    return decode(this.author.key)
  }

  get previewKey() {
    return decode(this.watch.answer.key)
  }

  /** @returns {string[]} the programs that have ended, with what they said last */
  ended() {
    return Object.entries(this.programs)
      .filter(([, { program }]) => !program.isRunning)
      .map(([name, { program }]) => `${name} has ended: ${program.stderr.slice(-2_000)}`)
  }

  /** How many connections a peer counts. */
  async peerConnections() {
    const { bytes } = await get(this.peer.answer.url, '/metrics')
    return Number(/^sitedrive_connections (\d+)/m.exec(bytes.toString())?.[1] ?? NaN)
  }

  /** @returns {Promise<{ status: number, bytes: Buffer }>} what the mirror answers for a site */
  getSite(key, path, patienceMs) {
    const { url } = this.peer.answer
    return get(url, path, { host: `${key}.localhost:${new URL(url).port}` }, patienceMs)
  }

  /** A page of each program as a visitor gets it. @returns {Promise<string[]>} what was wrong */
  async visit(took = () => {}) {
    const pages = {
      peer: async () => {
        const { status, bytes } = await this.getSite(this.author.key, '/')
        return status === 200 && sha256(bytes) === this.published.get('index.html')
          ? null
          : `status ${status}`
      },
      watch: () => this.#isShown(this.watch.answer.url),
      preview: () => this.#isShown(this.preview.answer.url),
      review: () => this.#isReviewed()
    }
    const answers = Object.entries(pages).map(async ([name, ask]) => {
      const began = performance.now()
      const wrong = await ask().catch((error) => error.message)
      took(name, performance.now() - began)
      return wrong === null ? [] : [`a visitor of ${name} gets ${wrong}`]
    })
    return (await Promise.all(answers)).flat()
  }

  async #isShown(url) {
    const { status, bytes } = await get(url, '/')
    return bytes.includes(this.#heading()) ? null : `status ${status} without the newest build`
  }

  async #isReviewed() {
    const { reviewUrl } = this.watch.answer
    const { status, isWhole } = await get(reviewUrl, '/api/review', {
      'sitedrive-token': new URL(reviewUrl).hash.slice(1)
    })
    return status === 200 && isWhole ? null : `status ${status}${isWhole ? '' : ', not whole'}`
  }

  #heading() {
    const [heading] = /<h1>.*<\/h1>/.exec(readFileSync(path.join(this.author.out, 'index.html'), 'utf8'))
    return heading
  }

  /** An edit arrives in the live preview and at whoever follows it. @returns {Promise<number>} milliseconds */
  async edit() {
    edit(this.author)
    const began = performance.now()
    for (const { answer } of [this.watch, this.preview])
      await until(
        `an edit is shown at ${answer.url}`,
        async () => (await this.#isShown(answer.url).catch(({ message }) => message)) === null,
        READY_MS
      )
    return performance.now() - began
  }

  /** A plain Hyperdrive reads a site byte for byte. @throws when it does not */
  async readPlainly(key, expected) {
    const dir = path.join(this.#root, `reader-${this.#readers++}`)
    const reader = await PlainReader.open(this.#dht, decode(key), dir)
    let seen = 'nothing'
    try {
      await until(
        'a plain Hyperdrive reads the site byte for byte',
        async () => {
          if ((await reader.update()) < 2) return false
          const { hashes } = await reader.read()
          seen = [...hashes].join('; ')
          return digestOf(hashes) === digestOf(expected)
        },
        READY_MS
      )
    } catch (error) {
      throw new Error(`${error.message}; it reads ${seen}`, { cause: error })
    } finally {
      await reader.close()
    }
  }

  async close() {
    for (const { program } of Object.values(this.programs).filter(Boolean)) {
      program.kill('SIGKILL')
      await program.ended
    }
  }
}

/** A build that changes one page: what is kept of it is next to nothing. */
export function edit({ out }) {
  writeFileSync(path.join(out, 'index.html'), `<h1>Edit ${edits++}</h1>`)
}

let edits = 0

/** Starts a program that goes on, and waits until it is ready. */
export async function startLive(machine, words, stdin) {
  const { project: cwd, env } = machine
  const program = new Program(words, { cwd, env, stdin })
  program.stopsDeadline()
  const answer = await until(
    `\`${words[0]}\` is ready`,
    () => {
      if (!program.isRunning) throw new Error(`\`${words[0]}\` ended: ${program.stderr}`)
      return program.answer
    },
    READY_MS
  )
  return { program, answer }
}
