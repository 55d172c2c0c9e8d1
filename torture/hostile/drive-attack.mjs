import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Corestore from 'corestore'
import DHT from 'hyperdht'
import Hyperswarm from 'hyperswarm'
import { decode, encode } from 'hypercore-id-encoding'
import { Machine } from '../support/machine.mjs'
import { sha256 } from '../support/site-folder.mjs'
import { until } from '../support/wait.mjs'
import { Line, within } from './attacker.mjs'
import { DRIVES, makeDrive } from './drives.mjs'
import { get, NoAnswer, STALLED_MS } from './http.mjs'
import { startLive } from './stage.mjs'

const PATHS = [
  '/',
  '/index.html',
  '/far.html',
  '/length-1.html',
  '/a',
  '/deep.html',
  '/..%2f..%2fetc/passwd',
  '/c.html'
]
const CONNECT_MS = 10_000
const KNOWN_MS = 30_000
const STOPPED_MS = 15_000
/** How long a preview may fetch before it is looked at. Milliseconds. */
const FETCH_MS = 1_500
const PREVIEWS_AT_ONCE = 2
/** What no site's title may bring onto a page of the peer. */
// eslint-disable-next-line no-control-regex
const MARKUP = /<script>alert|onerror=alert\(1\)>|\u001b|\u202e|\u0000/

/** Drives that no honest program writes: pinned at a seed that trusts their publisher, and opened by their preview links. */
export class DriveAttack {
  facts = []
  #random
  #root
  #dht
  #identity
  #store
  #swarm
  #node
  #socket = null
  #connecting = null
  /** Pages that did not come to their end in time. */
  #slow = 0

  constructor({ random, root, dht }) {
    this.#random = random
    this.#root = root
    this.#dht = dht
    this.#identity = DHT.keyPair(random.bytes(32))
    this.#store = new Corestore(path.join(root, 'hostile-drives'))
    this.#node = new DHT({ bootstrap: dht })
    this.#swarm = new Hyperswarm({ bootstrap: dht })
    this.#swarm.on('connection', (connection) => {
      connection.on('error', () => {}) // to be cut off is expected
      this.#store.replicate(connection)
    })
  }

  get publisherKey() {
    return encode(this.#identity.publicKey)
  }

  /** Pins a drive of each kind. @returns {Promise<string[]>} what was wrong */
  async pinAll(stage) {
    const violations = []
    const foreignBlobs = this.#random.bytes(32)
    const before = memoryOf(stage.peer.program)
    const pinned = new Map()
    for (const name of Object.keys(DRIVES)) {
      const drive = await makeDrive(this.#store, name, this.#random, { foreignBlobs })
      pinned.set(name, drive)
      await this.#pin(stage, drive)
      violations.push(...(await this.#visitHonest(stage, name)))
    }
    await Promise.all(
      [...pinned].map(async ([name, drive]) => {
        const key = encode(drive.key)
        await until(
          `the peer knows the drive with ${name}`,
          async () => {
            if (await isKnown(stage, key)) return true
            await this.#pin(stage, drive) // the connection may have been cut before
            return false
          },
          KNOWN_MS
        ).catch((error) => violations.push(error.message))
        const wrong = await this.#visitAll((each) => stage.getSite(key, each, STALLED_MS))
        violations.push(...wrong.map((what) => `the mirror of a drive with ${name}: ${what}`))
      })
    )
    violations.push(...(await this.#visitHonest(stage, 'anything in it')))
    const { bytes } = await get(stage.peer.answer.url, '/')
    if (MARKUP.test(bytes.toString()))
      violations.push('the status page repeats markup or control characters of a drive')
    this.facts.push(
      ['kinds of hostile drives at a seed', pinned.size],
      ['  memory of the peer, before and after, MB', `${before} → ${memoryOf(stage.peer.program)}`]
    )
    return [...violations, ...stage.ended()]
  }

  async #pin(stage, drive) {
    if (!this.#socket || this.#socket.destroyed)
      await (this.#connecting ??= this.#connect(decode(stage.peer.answer.key)))
    this.#connecting = null
    const { seed, blindPeer } = this.#socket.channels
    const blobs = drive.blobs.core
    seed.messages[0].send(Buffer.from(JSON.stringify({ site: encode(drive.key), blobs: encode(blobs.key) })))
    for (const core of [drive.core, blobs])
      blindPeer.messages[0].send({
        referrer: null,
        priority: 1,
        announce: true,
        cores: [{ key: core.key, length: core.length }]
      })
  }

  async #connect(peerKey) {
    const socket = this.#node.connect(peerKey, { keyPair: this.#identity })
    const line = new Line(socket)
    this.#store.replicate(socket)
    socket.channels = { seed: line.openSeed(), blindPeer: line.openBlindPeer() }
    await within(CONNECT_MS, socket.opened)
    this.#socket = socket
  }

  /** Asks for all paths at once. @returns {Promise<string[]>} what was wrong */
  async #visitAll(ask) {
    const answers = PATHS.map(async (each) => {
      try {
        const { bytes, isWhole } = await ask(each)
        if (!isWhole) this.#slow++
        return bytes.includes('root:') ? [`${each} shows a file of this machine`] : []
      } catch (error) {
        if (!(error instanceof NoAnswer)) return [error.message]
        this.#slow++ // a drive may spoil its own pages
        return []
      }
    })
    return (await Promise.all(answers)).flat()
  }

  async #visitHonest(stage, name) {
    const { status, bytes } = await stage
      .getSite(stage.author.key, '/')
      .catch((error) => ({ status: error.message, bytes: Buffer.alloc(0) }))
    if (status === 200 && sha256(bytes) === stage.published.get('index.html')) return []
    return [`while there is a drive with ${name}, a visitor of another site gets status ${status}`]
  }

  /** Opens the preview links of some. @returns {Promise<string[]>} what was wrong */
  async openPreviews(stage, count) {
    const names = Object.keys(DRIVES).slice(0, count)
    const violations = []
    const machine = new Machine('viewer', path.join(this.#root, 'viewer'), {
      random: this.#random,
      bootstrap: this.#dht.map(({ host, port }) => `${host}:${port}`).join(',')
    })
    const open = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift())
        violations.push(...(await this.#openPreview(machine, name)))
    }
    await Promise.all(Array.from({ length: PREVIEWS_AT_ONCE }, open))
    this.facts.push(
      ['  opened by `sitedrive preview`', Math.min(count, Object.keys(DRIVES).length)],
      ['  of their own pages, those that did not come in 40 s', this.#slow]
    )
    return violations
  }

  async #openPreview(machine, name) {
    const encryptionKey = this.#random.bytes(32)
    const store = this.#store.namespace('previews')
    const drive = await makeDrive(store, name, this.#random, {
      encryptionKey,
      foreignBlobs: this.#random.bytes(32)
    })
    const discovery = this.#swarm.join(drive.discoveryKey, { server: true, client: false })
    await discovery.flushed()
    const { program, answer } = await startLive(
      machine,
      ['preview', '-', '--port', '0'],
      linkOf(drive.key, encryptionKey)
    )
    await pause(FETCH_MS)
    const wrong = await this.#visitAll((each) =>
      get(answer.url, each, {}, STALLED_MS).catch((error) => {
        if (program.isRunning) throw error
        return { bytes: '', isWhole: true } // how it ended is looked at below
      })
    )
    program.kill('SIGTERM')
    const stopped = pause(STOPPED_MS, 'not stopped', { ref: false })
    const ended = await Promise.race([program.ended, stopped])
    program.kill('SIGKILL')
    await discovery.destroy()
    const isNamed = program.answer?.error?.code !== undefined
    if (ended !== 0 && ended !== 130 && ended !== 143 && ended !== 'SIGTERM' && !isNamed)
      wrong.push(`it ended with ${ended}`)
    if (/^\s+at .*:\d+:\d+/m.test(program.stderr)) wrong.push('it printed a bare stack')
    // eslint-disable-next-line no-control-regex
    if (/\u001b\[2J|\u202e/.test(program.stderr + program.stdout))
      wrong.push('it printed control characters of the drive')
    return wrong.map(
      (what) => `\`sitedrive preview\` of a drive with ${name}: ${what}: ${program.stderr.slice(-1_000)}`
    )
  }

  async close() {
    this.#socket?.destroy()
    await this.#swarm.destroy({ force: true })
    await this.#node.destroy({ force: true })
    await this.#store.close()
  }
}

/** Whether a peer has a site, though its pages may not come. */
async function isKnown(stage, key) {
  try {
    return !(await stage.getSite(key, '/', STALLED_MS)).bytes.includes('No such site here')
  } catch (error) {
    // A file that is not what its drive says is broken off.
    if (error instanceof NoAnswer || error.code === 'ECONNRESET') return true
    throw error
  }
}

/** As `sitedrive watch` prints it: the key, the secret, and a checksum of both. */
function linkOf(driveKey, encryptionKey) {
  const key = encode(driveKey)
  const secret = encode(encryptionKey)
  const checksum = encode(createHash('sha256').update(`${key} ${secret}`).digest()).slice(0, 4)
  return `hyper://${key}/#${secret}${checksum}`
}

function memoryOf({ child }) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1_024)
}
