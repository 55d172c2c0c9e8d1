import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { decode } from 'hypercore-id-encoding'
import { until } from '../support/wait.mjs'
import { Machine } from '../support/machine.mjs'
import { fetchFrom, hashesFrom } from '../support/mirror.mjs'
import { PlainReader } from '../support/plain-reader.mjs'
import { Program } from '../support/program.mjs'
import { digestOf, sha256 } from '../support/site-folder.mjs'

/** How often each deed comes. */
const DEEDS = {
  publish: 40,
  rollback: 8,
  buildServer: 10,
  peer: 14,
  putBack: 5,
  replace: 4,
  watch: 8,
  preview: 5,
  sleep: 3
}
/** A network of processes that are killed and started again may take so long to get anywhere. Milliseconds. */
const PATIENCE_MS = 60_000
/** After a sleep everything goes on within this. Milliseconds. */
const WAKE_MS = 5_000
/** What a publish may answer when others publish, too, or its data directory is an older one. */
const EXPECTED = new Set([
  'OVERTAKEN',
  'STORE_BEHIND',
  'UNCONFIRMED',
  'SEED_UNREACHABLE',
  'STORE_COPIED',
  'NOT_HELD',
  'LOCK_TIMEOUT'
])
const MANY = 6
const RETRY_MS = 1_000

/** A site, the machines that publish it, two seeds and a plain reader. */
export class World {
  kills = 0
  sleeps = 0
  longestWakeMs = 0
  releases = 0
  checks = 0
  /** By what was killed. */
  killed = {}
  #random
  #root
  #dht
  #machines = []
  #peers = []
  #reader
  #key
  #secret
  /** Each folder that was built, by its digest. */
  #builds = new Map()
  /** What publishers said that they published. */
  #told = []
  #servers = 0
  #longestSleep = 0
  #log = []

  /** @param options.longestSleep seconds; 0: nobody sleeps */
  static async open({ random, root, dht, longestSleep }) {
    const world = new World()
    world.#random = random
    world.#root = root
    world.#dht = dht
    world.#longestSleep = longestSleep
    await world.#begin()
    return world
  }

  /** What was done so far, a line each. */
  get log() {
    return this.#log.join('\n')
  }

  get #bootstrap() {
    return this.#dht.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  async #begin() {
    const first = this.#newMachine('author')
    this.#machines.push(first)
    this.#key = (await first.run('init')).key
    const { publisherKey, secret } = await first.run('key', 'show', '--secret')
    this.#secret = secret
    for (let number = 0; number < 2; number++) {
      const dir = path.join(this.#root, `peer-${number}`)
      mkdirSync(path.join(dir, 'home'), { recursive: true })
      const peer = { number, dir, publisherKey, program: null, key: '', url: '' }
      this.#peers.push(peer)
      await this.#startPeer(peer)
    }
    await first.run('init', '--seed', ...this.#peers.map(({ key }) => key))
    await this.#publish(first, { isKilled: false })
    // A swarm looks for peers again after minutes only, so the seeds are there first.
    this.#reader = await PlainReader.open(this.#dht, decode(this.#key), path.join(this.#root, 'reader'))
    this.#machines.push(await this.#withSecret('laptop'))
  }

  #newMachine(name, secret) {
    return new Machine(name, path.join(this.#root, name), {
      random: this.#random,
      bootstrap: this.#bootstrap,
      secret
    })
  }

  /** Another machine that has the project and the secret. */
  async #withSecret(name, isServer = false) {
    const [first] = this.#machines
    const machine = this.#newMachine(name, isServer ? this.#secret : undefined)
    copyFileSync(path.join(first.project, 'sitedrive.json'), path.join(machine.project, 'sitedrive.json'))
    if (!isServer) {
      const program = new Program(['key', 'restore'], {
        cwd: machine.project,
        env: machine.env,
        stdin: this.#secret
      })
      if ((await program.ended) !== 0) throw new Error(`the key could not be restored: ${program.stderr}`)
    }
    return machine
  }

  async #startPeer(peer) {
    const env = { PATH: process.env.PATH, NO_COLOR: '1', SITEDRIVE_HOME: path.join(peer.dir, 'home') }
    const words = [
      'peer',
      '--dir',
      path.join(peer.dir, 'data'),
      '--trust',
      peer.publisherKey,
      '--bootstrap',
      this.#bootstrap
    ]
    peer.program = new Program(words, { cwd: peer.dir, env })
    peer.program.stopsDeadline()
    const { key, url } = await until(
      `peer ${peer.number} is ready: ${peer.program.stderr}`,
      () => {
        if (!peer.program.isRunning) throw new Error(`peer ${peer.number} ended: ${peer.program.stderr}`)
        return peer.program.answer
      },
      PATIENCE_MS
    )
    peer.key = key
    peer.url = url
  }

  // ---- deeds

  /** Does one thing, with or without a kill, and looks at what a reader gets then. */
  async step() {
    const deed = this.#random.pickByWeight(DEEDS)
    const machine = this.#random.pick(this.#machines)
    if (deed === 'publish') await this.#publish(machine, { isKilled: this.#random.chance(0.8) })
    else if (deed === 'rollback') await this.#rollback(machine)
    else if (deed === 'buildServer') await this.#buildServer()
    else if (deed === 'peer') await this.#killPeer(machine)
    else if (deed === 'putBack' || deed === 'replace') await this.#restore(machine, deed)
    else if (deed === 'watch') await this.#watch(machine)
    else if (deed === 'preview') await this.#preview(machine)
    else if (this.#longestSleep > 0) await this.#sleep(machine)
    if (this.#random.chance(0.2)) machine.backUp()
    if (machine.backups.length > 3) rmSync(machine.backups.shift(), { recursive: true })
    await this.#mustShowOneBuild()
  }

  async #publish(machine, { isKilled, words = [] }) {
    machine.folder.build()
    this.#remember(machine)
    return this.#sign(machine, ['publish', 'out', '--allow', 'shrink', ...words], isKilled)
  }

  #remember({ name, folder }) {
    const hashes = folder.hashes()
    this.#builds.set(digestOf(hashes), { what: `the build of ${name} in step ${this.#log.length}`, hashes })
  }

  /** Runs a command that publishes. Kills it at a random moment, or waits until it has ended well. */
  async #sign(machine, words, isKilled) {
    const digest = words[0] === 'publish' ? digestOf(machine.folder.hashes()) : null
    for (let attempt = 1; ; attempt++) {
      const program = machine.start(...words)
      const began = performance.now()
      if (isKilled) await this.#killSoon(program, machine.usualMs)
      const ended = await program.ended
      this.#read(machine, program, digest)
      const code = program.answer?.error?.code ?? null
      this.#log.push(
        `${machine.name} ${words.join(' ')}: ${isKilled && ended === 'SIGKILL' ? 'killed' : `ended with ${ended}`}` +
          ` after ${Math.round(performance.now() - began)} ms${code ? ` (${code})` : ''}` +
          (program.answer?.release ? `, release ${program.answer.release} at ${program.answer.version}` : '')
      )
      if (ended === 'SIGKILL') return null
      if (ended === 0) {
        if (!isKilled) machine.usualMs = performance.now() - began
        return program.answer
      }
      if (!EXPECTED.has(code))
        throw new Violation(`${words.join(' ')} of ${machine.name} failed: ${program.stderr}`)
      if (words[0] === 'rollback') return null
      if (attempt === MANY)
        throw new Violation(`${machine.name} failed ${MANY} times to publish: ${program.stderr}`)
      if (code === 'STORE_COPIED') words = [...words, '--accept-loss']
      // A killed publisher left a part of an index at a seed. The seed gives it up after two seconds.
      if (code === 'STORE_BEHIND' || code === 'SEED_UNREACHABLE') await pause(RETRY_MS)
    }
  }

  async #killSoon(program, usualMs = 1_000) {
    await pause(this.#random.between(0, Math.round(1.2 * usualMs)))
    if (!program.isRunning) return
    program.kill('SIGKILL')
    this.#count('publisher')
  }

  #count(what) {
    this.kills++
    this.killed[what] = (this.killed[what] ?? 0) + 1
  }

  /** Notes what a publisher says. */
  #read(machine, { answer, stderr }, digest) {
    if (/conflict/i.test(stderr)) throw new Violation(`${machine.name} met a conflict: ${stderr}`)
    if (/^\s+at .*:\d+:\d+/m.test(stderr))
      throw new Violation(`${machine.name} printed a bare stack: ${stderr}`)
    const [, overtaken] = /^Release (\d+) of this machine, .* was overtaken/m.exec(stderr) ?? []
    for (const each of this.#told)
      if (each.machine === machine.name && each.release === Number(overtaken)) each.isOvertaken = true
    if (!answer?.release || digest === null) return
    this.releases++
    const { release, version, seeds } = answer
    const confirmedBy = seeds.filter(({ confirmed }) => confirmed).length
    this.#told.push({
      release,
      version,
      digest,
      confirmedBy,
      machine: machine.name,
      isOvertaken: false,
      isLost: false
    })
  }

  async #rollback(machine) {
    const listed = await this.#listed(machine)
    const held = listed?.filter(({ held }) => held) ?? []
    if (held.length < 2) return
    const { release } = this.#random.pick(held.slice(1))
    await this.#sign(machine, ['rollback', String(release), '--yes'], this.#random.chance(0.6))
  }

  /** The releases that a machine knows, newest first; null where it knows none yet. */
  async #listed(machine) {
    const program = machine.start('log')
    const ended = await program.ended
    if (ended === 0) return program.answer.releases
    const { code } = program.answer?.error ?? {}
    if (code === 'STORE_EMPTY' || code === 'STORE_COPIED' || code === 'STORE_BEHIND' || code === 'NOT_HELD')
      return null
    throw new Violation(`log of ${machine.name} failed: ${program.stderr}`)
  }

  /** A build server: an empty data directory each time. Its job may be cancelled. */
  async #buildServer() {
    const server = await this.#withSecret(`server-${this.#servers++}`, true)
    const isCancelled = this.#random.chance(0.7)
    if (isCancelled) await this.#publish(server, { isKilled: true })
    rmSync(server.home, { recursive: true })
    mkdirSync(server.home)
    await this.#publish(server, { isKilled: false })
    rmSync(path.dirname(server.home), { recursive: true })
  }

  async #killPeer(machine) {
    const peer = this.#random.pick(this.#peers)
    const publishing = this.#random.chance(0.7) ? this.#publish(machine, { isKilled: false }) : null
    await pause(this.#random.between(0, 1_000))
    peer.program.kill('SIGKILL')
    this.#count('peer')
    await peer.program.ended
    await pause(this.#random.between(0, 500))
    await this.#startPeer(peer)
    this.#log.push(`peer ${peer.number} was killed`)
    await publishing
  }

  async #restore(machine, how) {
    if (machine.backups.length === 0) return
    const backup = this.#random.pick(machine.backups)
    if (how === 'putBack') machine.putBack(backup)
    else machine.replaceBy(backup)
    this.#log.push(
      `an older data directory of ${machine.name} is ${how === 'putBack' ? 'put back in place' : 'in its place'}`
    )
    await this.#publish(machine, { isKilled: this.#random.chance(0.5) })
  }

  /** A live preview of the folder is killed while builds are written, and begins again. */
  async #watch(machine) {
    const isFolderOf = async (url) => {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
      return response?.ok === true && (await response.text()).includes(this.#heading(machine))
    }
    let watch = await this.#startLive(machine, ['watch', 'out'])
    try {
      for (let build = 0; build < 3; build++) {
        machine.folder.build()
        await pause(this.#random.between(0, 400))
        watch.program.kill('SIGKILL')
        this.#count('watch')
        await watch.program.ended
        watch = await this.#startLive(machine, ['watch', 'out'])
        await until(
          `the live preview shows what ${machine.name} built`,
          () => isFolderOf(watch.answer.url),
          PATIENCE_MS
        )
      }
      this.#log.push(`watch of ${machine.name} was killed 3 times`)
    } finally {
      watch.program.kill('SIGTERM')
      await watch.program.ended
    }
  }

  #heading({ out }) {
    const [heading] = /<h1>.*<\/h1>/.exec(readFileSync(path.join(out, 'index.html'), 'utf8')) ?? ['']
    return heading
  }

  async #startLive(machine, words, stdin) {
    const program = new Program(words, { cwd: machine.project, env: machine.env, stdin })
    program.stopsDeadline()
    const answer = await until(
      `\`${words.join(' ')}\` of ${machine.name} is ready`,
      () => {
        if (!program.isRunning) throw new Violation(`${words.join(' ')} ended: ${program.stderr}`)
        return program.answer
      },
      PATIENCE_MS
    )
    return { program, answer }
  }

  /** Somebody follows the live preview, and is killed. */
  async #preview(machine) {
    const watch = await this.#startLive(machine, ['watch', 'out'])
    const follower = this.#machines.find((each) => each !== machine) ?? machine
    let preview = null
    try {
      for (let round = 0; round < 2; round++) {
        preview = await this.#startLive(follower, ['preview', '-'], watch.answer.link)
        machine.folder.build()
        await pause(this.#random.between(0, 400))
        if (round === 0) {
          preview.program.kill('SIGKILL')
          this.#count('preview')
          await preview.program.ended
        }
      }
      const { url } = preview.answer
      const isShown = async () => {
        const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
        return response?.ok === true && (await response.text()).includes(this.#heading(machine))
      }
      await until(`whoever follows ${machine.name} sees its newest build`, isShown, PATIENCE_MS)
      this.#log.push(`a follower of ${machine.name} was killed`)
    } finally {
      for (const { program } of [preview, watch].filter(Boolean)) {
        program.kill('SIGTERM')
        await program.ended
      }
    }
  }

  /** A machine sleeps in mid-exchange: its process stands still, and goes on later. */
  async #sleep(machine) {
    const sleepMs = 1_000 * this.#random.between(5, Math.max(5, this.#longestSleep))
    const peer = this.#random.chance(0.5) ? this.#random.pick(this.#peers) : null
    machine.folder.build()
    this.#remember(machine)
    const program = machine.start('publish', 'out', '--allow', 'shrink')
    const sleeper = peer ? peer.program : program
    await pause(this.#random.between(200, Math.round(machine.usualMs ?? 1_000)))
    sleeper.kill('SIGSTOP')
    await pause(sleepMs)
    sleeper.kill('SIGCONT')
    const began = performance.now()
    const ended = await program.ended
    const wakeMs = performance.now() - began
    this.sleeps++
    this.#read(machine, program, digestOf(machine.folder.hashes()))
    this.#log.push(
      `${peer ? `peer ${peer.number}` : machine.name} slept ${sleepMs} ms; the publish ended with ${ended} after ${Math.round(wakeMs)} ms`
    )
    const code = program.answer?.error?.code
    if (ended !== 0 && !EXPECTED.has(code))
      throw new Violation(`a publish during a sleep failed: ${program.stderr}`)
    this.longestWakeMs = Math.max(this.longestWakeMs, wakeMs)
    if (wakeMs > WAKE_MS + (machine.usualMs ?? 0))
      throw new Violation(`after waking it took ${Math.round(wakeMs)} ms: ${program.stderr}`)
  }

  // ---- what a reader gets

  async #mustShowOneBuild() {
    this.checks++
    this.#mustHaveNoConflict(this.#reader)
    for (const peer of this.#peers) await this.#mustBeShownBy(peer)
    if (!(await this.#isRead(PATIENCE_MS))) await this.#explain()
  }

  async #isRead(timeoutMs) {
    const endsAt = performance.now() + timeoutMs
    while (performance.now() < endsAt) {
      const seen = (await this.#reader.update()) < 2 ? null : await this.#reader.read().catch(() => null)
      if (seen !== null && this.#builds.has(digestOf(seen.hashes))) return true
      await pause(100)
    }
    return false
  }

  async #explain() {
    const seen = await this.#reader.read().then(
      ({ version, fork, hashes }) => `version ${version} of fork ${fork}: ${[...hashes].join('; ')}`,
      ({ message }) => message
    )
    throw new Violation(`a plain reader gets no whole build: ${seen}`)
  }

  /** A peer shows one whole build over HTTP, byte for byte. */
  async #mustBeShownBy({ number, url }) {
    let seen = ''
    await until(
      `peer ${number} shows one whole build`,
      async () => {
        const { status, bytes } = await fetchFrom(url, this.#key, 'index.html')
        const hash = sha256(bytes)
        // No two builds have the same first page.
        const build = [...this.#builds.values()].find(({ hashes }) => hashes.get('index.html') === hash)
        seen = `status ${status}: ${bytes.subarray(0, 100).toString()}`
        if (status === 200 && !build) throw new Violation(`peer ${number} shows what nobody built: ${seen}`)
        if (!build) return false
        const hashes = await hashesFrom(url, this.#key, build.hashes.keys())
        const wrong = [...hashes].filter(([name, found]) => build.hashes.get(name) !== found)
        seen = `${build.what}, but for ${wrong.join('; ')}`
        return wrong.length === 0
      },
      PATIENCE_MS
    ).catch((error) => {
      throw error instanceof Violation ? error : new Violation(`${error.message}; it shows ${seen}`)
    })
  }

  #mustHaveNoConflict({ conflicts }) {
    if (conflicts > 0) throw new Violation('the reader met a conflict')
  }

  /** A new reader gets every release that is listed, byte for byte, and no confirmed one is lost without a word. */
  async checkHistory() {
    const server = await this.#withSecret(`server-${this.#servers++}`, true)
    await this.#publish(server, { isKilled: false })
    const listed = (await this.#listed(server)) ?? []
    rmSync(path.dirname(server.home), { recursive: true })
    const dir = path.join(this.#root, 'new-reader')
    const reader = await PlainReader.open(this.#dht, decode(this.#key), dir)
    try {
      const newest = listed[0]?.version ?? 0
      await until(
        'a new reader finds the newest release',
        async () => (await reader.update()) >= newest,
        PATIENCE_MS
      )
      for (const { release, version, held } of listed.filter(({ held }) => held)) {
        const { hashes } = await reader.read(version).catch(({ message }) => {
          throw new Violation(
            `release ${release} at ${version} is listed as held (${held}) and cannot be read: ${message}`
          )
        })
        const digest = digestOf(hashes)
        const told = this.#told.filter((each) => each.release === release && each.version === version)
        const isOwn =
          told.length === 0 ? this.#builds.has(digest) : told.some((each) => each.digest === digest)
        if (!isOwn)
          throw new Violation(
            `release ${release} at ${version} shows ${this.#builds.get(digest)?.what ?? 'what nobody built'}: ${[...hashes].join('; ')}`
          )
      }
      this.#mustHaveNoConflict(reader)
      const versions = new Map(listed.map(({ release, version }) => [release, version]))
      for (const each of this.#told)
        each.isLost = each.confirmedBy > 0 && versions.get(each.release) !== each.version
      this.checks++
    } finally {
      await reader.close()
      rmSync(dir, { recursive: true })
    }
  }

  /** The last word: every machine publishes once more, and whoever lost a confirmed release must have been told. */
  async end() {
    for (const machine of this.#machines) await this.#publish(machine, { isKilled: false })
    await this.checkHistory()
    const lost = this.#told.filter(({ isLost, isOvertaken }) => isLost && !isOvertaken)
    if (lost.length > 0)
      throw new Violation(
        `confirmed releases were lost without a word: ${lost.map(({ machine, release, version }) => `${release} of ${machine} at ${version}`).join(', ')}`
      )
  }

  async close() {
    for (const { program } of this.#peers) {
      program.kill('SIGKILL')
      await program.ended
    }
    await this.#reader?.close()
  }
}

/** A promise that was broken. */
export class Violation extends Error {}
