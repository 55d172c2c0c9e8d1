import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Machine } from '../support/machine.mjs'
import { Program } from '../support/program.mjs'
import { until } from '../support/wait.mjs'
import { Network } from './network.mjs'

const HOSTS = ['dht', 'seed', 'author', 'follower', 'reader']
/** For what goes over a perfect line, and for a busy machine. Milliseconds. */
const READY_MS = 60_000

/** A DHT, a seed, an author and whoever reads, each on a host of its own. All lines are perfect at first. */
export class World {
  #network
  #dht
  #bootstrap
  #root
  #random
  #seed
  #readers = 0
  /** About how many bytes the author's site has. */
  siteBytes = 0

  /** @param {{ seed: number, random: import('../support/random.mjs').Random, root: string }} options `root`: no folder yet */
  static async open({ seed, random, root }) {
    const world = new World()
    world.#root = root
    world.#random = random
    mkdirSync(root)
    world.#network = await Network.open({ seed, hosts: HOSTS })
    try {
      await world.#begin()
    } catch (error) {
      await world.close()
      throw error
    }
    return world
  }

  async #begin() {
    this.#dht = this.#run('dht', 'dht.mjs', [this.#network.address('dht')])
    const { host, port } = await firstLineOf(this.#dht)
    this.#bootstrap = `${host}:${port}`
    this.author = this.machine('author')
    this.key = (await this.author.run('init')).key
    const { publisherKey } = await this.author.run('key', 'show')
    const seed = this.machine('seed')
    this.#seed = seed.start('peer', '--trust', publisherKey)
    const { key } = await whenReady(this.#seed, 'the seed')
    await this.author.run('init', '--seed', key)
  }

  /** A machine on the host of that name. */
  machine(name) {
    return new Machine(name, path.join(this.#root, name), {
      random: this.#random,
      bootstrap: this.#bootstrap,
      entrance: this.#network.entrance(name)
    })
  }

  /** Sets the line of the author's host. The others are perfect. @param {import('./network.mjs').Line} line */
  setLine(line) {
    return this.#network.set({ author: line })
  }

  /** @returns {Promise<number>} bytes of IP packets that have left the author's host so far */
  async bytesSent() {
    return (await this.#network.count()).author
  }

  /** Writes many files into the folder that the author publishes. */
  writeSite({ bytes, files }) {
    this.siteBytes = bytes
    for (let number = 0; number < files; number++) {
      const content = this.#random.bytes(Math.floor(bytes / files / 2)).toString('hex')
      writeFileSync(
        path.join(this.author.out, `page-${number}.html`),
        `<h1>Page ${number}</h1><p>${content}</p>`
      )
    }
  }

  /** Starts a program that runs until it is stopped. */
  async startLive(machine, words, stdin) {
    const program = new Program(words, {
      cwd: machine.project,
      env: machine.env,
      entrance: machine.entrance,
      stdin
    })
    return { program, answer: await whenReady(program, `\`${words.join(' ')}\` of ${machine.name}`) }
  }

  /** What a new plain Hyperdrive reads. @returns {Promise<{ version: number, hashes?: Map<string, string>, error?: string }>} */
  async read(timeoutMs) {
    const dir = path.join(this.#root, `reader-${this.#readers++}`)
    const child = this.#run('reader', 'read-site.mjs', [this.#bootstrap, this.key, dir, String(timeoutMs)])
    const { hashes, ...seen } = await firstLineOf(child)
    return hashes ? { ...seen, hashes: new Map(Object.entries(hashes)) } : seen
  }

  /** @returns {Promise<boolean>} whether a page has a text in time, asked for on the host of a machine */
  async shows({ name }, url, text, timeoutMs) {
    const child = this.#run(name, 'fetch-page.mjs', [url, text, String(timeoutMs)])
    return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
  }

  /** Runs a script of this folder on a host. */
  #run(host, script, words) {
    const file = fileURLToPath(new URL(script, import.meta.url))
    const [command, ...rest] = [...this.#network.entrance(host), process.execPath, file, ...words]
    return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  }

  async close() {
    if (this.#seed) {
      this.#seed.kill('SIGKILL')
      await this.#seed.ended
    }
    this.#dht?.stdin.end()
    this.#network.close()
  }
}

async function whenReady(program, what) {
  program.stopsDeadline()
  return until(
    `${what} is ready`,
    () => {
      if (!program.isRunning) throw new Error(`${what} ended: ${program.stderr}`)
      return program.answer
    },
    READY_MS
  )
}

async function firstLineOf(child) {
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error(`\`${child.spawnargs.join(' ')}\` ended without an answer`)
}
