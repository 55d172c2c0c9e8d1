import DHT from 'hyperdht'
import { decode, encode } from 'hypercore-id-encoding'
import { setImmediate as soon } from 'node:timers/promises'
import { Attacker, CORE_MESSAGES, within } from './attacker.mjs'
import { MESSAGES, ON_A_CORE } from './messages.mjs'
import { edit } from './stage.mjs'

/** Connections to one program at a time. */
const AT_ONCE = 3
/** Messages on one connection. */
const MOST = 150
/** Share of connections on which numbers are such that no honest peer says them. */
const ABSURD = 0.4
/** An offender is cut off so often before it is not let in. */
const OFFENCES = 3
const MAX_IDLE = 60
const MOST_RECENT = 40
const RANGE = CORE_MESSAGES.indexOf('range')
const FAR = 2 ** 50
const CUT_MS = 15_000
/** What a publish may answer when a seed lies. */
const EXPECTED = new Set(['OVERTAKEN', 'STORE_BEHIND', 'UNCONFIRMED', 'SEED_UNREACHABLE', 'NOT_HELD'])
/** Share of messages that a publisher gets from seeds. */
const TO_PUBLISHER = 0.1
const HOSTILE_SEEDS = 2
/** A publish is begun for so many. */
const MESSAGES_OF_A_PUBLISH = 500

/** Messages of the protocols to a seed, a watch, a follower and a publisher. */
export class MessageAttack {
  violations = []
  #random
  #stage
  #attacker
  #sent = new Map()
  #idle = []
  #lines = 0
  #cut = 0
  #refusedOffenders = 0
  #publishes = {}
  #longestPublishMs = 0
  /** The kinds that were sent last. */
  #recent = []
  #targets = null
  #isClosed = false

  constructor({ random, stage, dht }) {
    this.#random = random
    this.#stage = stage
    this.#attacker = new Attacker(dht)
  }

  /** Sends so many messages. */
  async run(count) {
    this.#targets ??= await this.#find()
    const toPublisher = Math.ceil(count * TO_PUBLISHER)
    const [unsent] = await Promise.all([
      this.#attackPublisher(toPublisher),
      this.#attackAll(count - toPublisher)
    ])
    await this.#attackAll(unsent)
    // A follower that has its author speaks with a few others at a time.
    this.release()
    for (const target of this.#targets) await this.#offend(target)
  }

  async #attackAll(count) {
    const attacks = this.#targets.flatMap((target) => {
      const budget = { left: Math.ceil(count / this.#targets.length) }
      return Array.from({ length: AT_ONCE }, () => this.#attack(target, budget))
    })
    await Promise.all(attacks)
  }

  async #find() {
    const { peer, siteKey, previewKey } = this.#stage
    const seed = decode(peer.answer.key)
    const drives = await this.#attacker.find(previewKey)
    if (drives.length < 2) throw new Error('the preview and its follower are not found')
    return [
      { name: 'the peer', publicKey: seed, keys: [siteKey] },
      ...drives.map((publicKey) => ({ name: 'a preview', publicKey, keys: [previewKey] }))
    ]
  }

  async #attack({ publicKey, keys }, budget) {
    while (budget.left > 0 && this.#goesOn()) {
      const identity = this.#identity()
      for (let offence = 0; offence < OFFENCES && budget.left > 0; offence++) {
        const line = await this.#attacker.dial(publicKey, identity)
        if (!line) break
        await this.#speak(line, { keys, budget })
        if (!line.isClosed) break
      }
    }
  }

  #goesOn() {
    return !this.#isClosed && this.#stage.ended().length === 0
  }

  async #speak(line, { keys, budget, blindPeer = line.openBlindPeer(), seed = line.openSeed() }) {
    const random = this.#random
    this.#lines++
    const [key] = keys
    const core = await line.openCore(key, random.chance(0.05) ? random.bytes(32) : undefined)
    const mouth = {
      line,
      core,
      blindPeer,
      seed,
      keys,
      isAbsurd: random.chance(ABSURD)
    }
    const names = Object.keys(MESSAGES)
    for (let n = random.between(1, MOST); n > 0 && !line.isClosed && budget.left > 0; n--) {
      const name = random.pick(names)
      if (core || !(name in ON_A_CORE)) this.#send(name, mouth, budget)
      if (n % 10 === 0) {
        await line.drained()
        await soon()
      }
    }
    await soon()
    if (line.isClosed) this.#cut++
    else if (random.chance(0.2) && this.#idle.length < MAX_IDLE) this.#idle.push(line)
    else line.cut()
  }

  #send(name, mouth, budget) {
    budget.left--
    this.#sent.set(name, (this.#sent.get(name) ?? 0) + 1)
    this.#recent.push(name)
    if (this.#recent.length > MOST_RECENT) this.#recent.shift()
    MESSAGES[name](mouth, this.#random)
  }

  /** Whoever breaks the rules three times is not let in. */
  async #offend({ name, publicKey, keys: [key] }) {
    const identity = this.#identity()
    for (let offence = 0; offence < OFFENCES; offence++) {
      const line = await this.#attacker.dial(publicKey, identity)
      const core = await line?.openCore(key, undefined, CUT_MS)
      core?.messages[RANGE].send({ drop: false, start: 1, length: FAR })
      const cut = line && new Promise((resolve) => line.socket.once('close', resolve))
      if (cut && !line.isClosed) await within(CUT_MS, cut)
      if (line && !line.isClosed)
        this.violations.push(
          `an offender is not cut off by ${name} (offence ${offence + 1}; the core ${core ? 'was' : 'could not be'} opened)`
        )
      line?.cut()
    }
    const again = await this.#attacker.dial(publicKey, identity)
    if (again && !again.isClosed) {
      const core = await again.openCore(key)
      if (core) this.violations.push('who was cut off three times is let in')
      again.cut()
    } else this.#refusedOffenders++
  }

  /**
   * Seeds of a publisher that are none: each speaks as long as the publisher listens.
   *
   * @returns {Promise<number>} how many messages were not sent, since a publish waits long for seeds that promise much
   */
  async #attackPublisher(count) {
    const { publisher, peer } = this.#stage
    const budget = { left: count }
    const hostile = Array.from({ length: HOSTILE_SEEDS }, () => this.#identity())
    const attacker = this.#attacker
    for (const identity of hostile)
      await attacker.listen(
        identity,
        (line) => void this.#answerPublisher(line, decode(publisher.key), budget)
      )
    await publisher.run(
      'init',
      '--seed',
      ...hostile.map(({ publicKey }) => encode(publicKey)),
      peer.answer.key
    )
    let left = Math.ceil(count / MESSAGES_OF_A_PUBLISH)
    while (budget.left > 0 && left-- > 0 && this.#goesOn()) {
      const began = performance.now()
      edit(publisher)
      const program = publisher.start('publish', 'out', '--allow', 'shrink')
      const ended = await program.ended
      this.#longestPublishMs = Math.max(this.#longestPublishMs, performance.now() - began)
      const code = program.answer?.error?.code ?? (ended === 0 ? 'published' : `ended with ${ended}`)
      this.#publishes[code] = (this.#publishes[code] ?? 0) + 1
      if (ended !== 0 && !EXPECTED.has(code))
        this.violations.push(`a publish with hostile seeds ${code}: ${program.stderr.slice(-2_000)}`)
      if (/^\s+at .*:\d+:\d+/m.test(program.stderr))
        this.violations.push(`a publish with hostile seeds printed a bare stack: ${program.stderr}`)
    }
    return Math.max(budget.left, 0)
  }

  async #answerPublisher(line, key, budget) {
    if (!(await line.socket.opened)) return
    const keys = [key]
    const blindPeer = line.openBlindPeer(({ cores }) => keys.push(...cores.map(({ key }) => key)))
    await this.#speak(line, { keys, budget, blindPeer, seed: line.openSeed() })
  }

  /** Afterwards, a publish with an honest seed goes as ever. @returns {Promise<string[]>} what was wrong */
  async publishPlainly() {
    const { publisher, peer } = this.#stage
    await publisher.run('init', '--seed', peer.answer.key)
    edit(publisher)
    const program = publisher.start('publish', 'out', '--allow', 'shrink')
    if ((await program.ended) !== 0) return [`a publish after the attack failed: ${program.stderr}`]
    await this.#stage.readPlainly(publisher.key, publisher.folder.hashes())
    return []
  }

  /** Ends the connections that were left half-open. */
  release() {
    for (const line of this.#idle.splice(0)) line.cut()
  }

  /** What was sent last, for whoever looks for the cause of an end. */
  get recent() {
    return this.#recent.join(', ')
  }

  get facts() {
    const total = [...this.#sent.values()].reduce((sum, count) => sum + count, 0)
    return [
      ['replication messages', total],
      ['  of so many kinds', `${this.#sent.size} of ${Object.keys(MESSAGES).length}`],
      ['connections of attackers', this.#lines],
      ['  that were cut off', this.#cut],
      ['offenders that were not let in any more', this.#refusedOffenders],
      ...Object.entries(this.#publishes).map(([code, count]) => [
        `publishes with hostile seeds: ${code}`,
        count
      ])
    ]
  }

  #identity() {
    return DHT.keyPair(this.#random.bytes(32))
  }

  async close() {
    this.#isClosed = true
    this.release()
    await this.#attacker.close()
  }
}
