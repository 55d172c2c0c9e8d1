import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { accessSync, constants } from 'node:fs'

const ROUTER = fileURLToPath(new URL('router.py', import.meta.url))

/**
 * What a host's line does to what goes through it, in both directions.
 *
 * @typedef {object} Line
 * @property {number} [delayMs] each way. Default: 0
 * @property {number} [loss] the share of packets that is lost, 0 to 1. Default: 0
 * @property {number} [mbit] megabits a second. Default: without limit
 * @property {boolean} [isCut] nothing goes through
 * @property {boolean} [dropsUdp] no UDP goes through
 */

/** @returns {string | null} what this machine lacks for a network of its own, or null */
export function missingForNetwork() {
  if (process.platform !== 'linux') return 'it needs network namespaces, which Linux alone has'
  if (process.getuid() !== 0) return 'it makes network namespaces, which root alone may do'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch ({ message }) {
    return `it needs TUN devices: ${message}`
  }
  for (const [program, debianPackage] of [
    ['python3', 'python3'],
    ['nsenter', 'util-linux']
  ])
    if (spawnSync(program, ['--version']).status !== 0)
      return `it needs \`${program}\` (Debian package \`${debianPackage}\`)`
  return null
}

/** Hosts on this machine that reach each other through a router of ours alone. */
export class Network {
  #router
  #answers
  #hosts
  #stderr = ''

  /** @param {{ seed: number, hosts: string[] }} options */
  static async open({ seed, hosts }) {
    const network = new Network()
    const router = spawn('python3', [ROUTER, String(seed), ...hosts])
    router.stderr.on('data', (chunk) => (network.#stderr += chunk))
    router.stdin.on('error', () => {}) // whoever waits for its answer is told
    network.#router = router
    network.#answers = createInterface({ input: router.stdout })[Symbol.asyncIterator]()
    network.#hosts = (await network.#nextAnswer()).hosts
    return network
  }

  /** @returns {string} the address of a host, IPv4 */
  address(host) {
    return this.#hosts[host].address
  }

  /** @returns {string[]} the words before those of a command that is to run on a host */
  entrance(host) {
    return ['nsenter', `--net=/proc/${this.#router.pid}/fd/${this.#hosts[host].fd}`, '--']
  }

  /** @param {Record<string, Line>} lines by host */
  async set(lines) {
    await this.#ask({ set: lines })
  }

  /** @returns {Promise<Record<string, number>>} how many bytes of IP packets have left each host so far */
  count() {
    return this.#ask({ count: true })
  }

  /** Programs that still run on the hosts have no network then. */
  close() {
    this.#router.stdin.end()
  }

  #ask(command) {
    this.#router.stdin.write(`${JSON.stringify(command)}\n`)
    return this.#nextAnswer()
  }

  async #nextAnswer() {
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`the router ended: ${this.#stderr}`)
    return JSON.parse(value)
  }
}
