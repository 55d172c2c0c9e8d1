import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import createTestnet from 'hyperdht/testnet.js'
import { Random } from '../support/random.mjs'
import { until } from '../support/wait.mjs'
import { DriveAttack } from './drive-attack.mjs'
import { MessageAttack } from './message-attack.mjs'
import { attackServer, REQUESTS } from './requests.mjs'
import { SETTLE_MS } from './footprint.mjs'
import { Stage } from './stage.mjs'

/** The first part of an attack warms the programs up: what they take is compared after it. */
const WARM_UP = 0.1
const SERVER_CONNECTIONS = 4
const VISIT_EVERY_MS = 500
/** A page comes within this, at the end of an attack. Milliseconds. */
const ANSWER_MS = 2_000

export const OPTIONS = { messages: 100_000, requests: 100_000, previews: 24 }

/**
 * Attacks the built programs as processes: by drives, by messages of the protocols, and by HTTP requests.
 *
 * @param {{ seed: number, messages: number, requests: number, previews: number }} options `previews`: how many kinds of hostile
 *   drives are opened by `sitedrive preview` too
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, messages, requests, previews }) {
  const began = performance.now()
  const random = new Random(seed)
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-hostile-')))
  const drives = new DriveAttack({ random, root, dht: testnet.bootstrap })
  const violations = []
  const facts = []
  let stage = null
  let attack = null
  try {
    stage = await Stage.open({ random, root, dht: testnet.bootstrap, trusts: [drives.publisherKey] })
    progress('drives')
    violations.push(...(await drives.pinAll(stage)))
    progress('previews of drives')
    violations.push(...(await drives.openPreviews(stage, previews)))
    facts.push(...drives.facts)

    attack = new MessageAttack({ random, stage, dht: testnet.bootstrap })
    const web = new WebAttack(stage, random)
    const both = async (part) => {
      await attack.run(Math.ceil(messages * part))
      await web.run(Math.ceil(requests * part))
    }
    progress('warm-up')
    await both(WARM_UP)
    attack.release()
    web.release()
    for (const { footprint } of Object.values(stage.programs)) footprint.begin()
    const connections = await stage.peerConnections()

    progress('attack')
    const visits = new Visits(stage)
    await both(1 - WARM_UP)
    violations.push(...(await visits.end()))
    violations.push(...attack.violations)
    const last = performance.now()
    violations.push(...(await stage.visit()))
    if (performance.now() - last > ANSWER_MS) violations.push(`a page takes ${performance.now() - last} ms`)
    facts.push(...attack.facts, ...web.facts, ...visits.facts)

    attack.release()
    web.release()
    progress('what is left')
    violations.push(...stage.ended().map((what) => `${what}\nSent last: ${attack.recent}`))
    await stage.readPlainly(stage.author.key, stage.published)
    facts.push(['an edit was shown at a follower after, s', inSeconds(await stage.edit())])
    violations.push(...(await attack.publishPlainly()))
    for (const { footprint } of Object.values(stage.programs)) {
      const settled = await footprint.settle()
      violations.push(...settled.grown)
      facts.push(...settled.facts)
    }
    await until(
      `the peer has no more connections than ${connections}`,
      async () => (await stage.peerConnections()) <= connections,
      SETTLE_MS
    ).catch((error) => violations.push(error.message))
    facts.push(['connections of peer', `${connections} → ${await stage.peerConnections()}`])
  } catch (error) {
    violations.push(
      `seed ${seed}: ${error.stack}`,
      ...(stage?.ended() ?? []),
      `Sent last: ${attack?.recent ?? 'nothing'}`
    )
  } finally {
    await attack?.close()
    await drives.close()
    await stage?.close()
    await testnet.destroy()
    rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  }
  facts.push(
    ['broken promises', violations.length],
    ['minutes', ((performance.now() - began) / 60_000).toFixed(1)]
  )
  return { violations, facts }
}

/** HTTP requests to the mirror, both previews and the review page. */
class WebAttack {
  #targets
  #random
  #sent = new Map()
  #idle = []

  constructor(stage, random) {
    this.#random = random
    const paths = [
      '/',
      '/index.html',
      '/missing',
      ...[...stage.published.keys()].map((name) => `/${encodeURI(name)}`)
    ]
    const { peer, watch, preview, author } = stage
    const own = (url) => ({ port: Number(new URL(url).port), host: new URL(url).host, paths })
    const mirror = own(peer.answer.url)
    this.#targets = [
      { ...mirror, host: `${author.key}.localhost:${mirror.port}` },
      mirror,
      own(watch.answer.url),
      own(preview.answer.url),
      own(watch.answer.reviewUrl)
    ]
  }

  async run(count) {
    const sent = this.#sent
    const attacks = this.#targets.flatMap((target) => {
      const budget = { left: Math.ceil(count / this.#targets.length) }
      const load = { random: this.#random, budget, sent, idle: this.#idle }
      return Array.from({ length: SERVER_CONNECTIONS }, () => attackServer(target, load))
    })
    await Promise.all(attacks)
  }

  /** Closes the connections that were left idle. */
  release() {
    for (const socket of this.#idle.splice(0)) socket.destroy()
  }

  get facts() {
    const total = [...this.#sent.values()].reduce((sum, count) => sum + count, 0)
    return [
      ['HTTP requests', total],
      ['  of so many kinds', `${this.#sent.size} of ${Object.keys(REQUESTS).length}`]
    ]
  }
}

/** Visitors come while the programs are attacked. */
class Visits {
  #longest = {}
  #count = 0
  #wrong = new Set()
  #isOver = false
  #done

  constructor(stage) {
    this.#done = this.#visit(stage)
  }

  async #visit(stage) {
    while (!this.#isOver) {
      const wrong = await stage.visit((name, ms) => {
        this.#longest[name] = Math.max(this.#longest[name] ?? 0, ms)
      })
      this.#count++
      for (const each of wrong) this.#wrong.add(each)
      await pause(VISIT_EVERY_MS)
    }
  }

  /** @returns {Promise<string[]>} what was wrong */
  async end() {
    this.#isOver = true
    await this.#done
    return [...this.#wrong]
  }

  get facts() {
    return [
      ['visits during the attack', this.#count],
      ...Object.entries(this.#longest).map(([name, ms]) => [
        `  the slowest answer of ${name}, s`,
        inSeconds(ms)
      ])
    ]
  }
}

function progress(what) {
  process.stderr.write(`hostile: ${what}\n`)
}

function inSeconds(ms) {
  return (ms / 1_000).toFixed(1)
}
