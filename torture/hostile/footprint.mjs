import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const MB = 2 ** 20
/** Memory may grow by so much, or by half: a heap that was used is not handed back at once. Bytes. */
const MEMORY_SLACK = 80 * MB
/** Databases write a log before they write tables. Bytes. */
const DISK_SLACK = 8 * MB
/** Sockets that look for the DHT come and go. */
const FILES_SLACK = 4
/** A connection whose other end is silent is given up after this, at the latest. Milliseconds. */
export const SETTLE_MS = 45_000
const POLL_MS = 500

/** What a process takes: memory, open files and sockets, and bytes on the disk. */
export class Footprint {
  #name
  #pid
  #dir
  #before = null

  /** @param {string} name @param {{ program: { child: { pid: number } }, dir: string }} program `dir`: where its data is */
  constructor(name, { program, dir }) {
    this.#name = name
    this.#pid = program.child.pid
    this.#dir = dir
  }

  /** What it takes from now on is compared with what it takes now. */
  begin() {
    this.#before = this.read()
  }

  /** @returns {{ memory: number, files: number, disk: number }} */
  read() {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    return {
      memory: 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]),
      files: readdirSync(`/proc/${this.#pid}/fd`).length,
      disk: bytesIn(this.#dir)
    }
  }

  /** Waits until it takes no more than at the beginning. @returns {Promise<{ grown: string[], facts: [string, string][] }>} */
  async settle() {
    const endsAt = performance.now() + SETTLE_MS
    for (;;) {
      const after = this.read()
      const grown = this.#grown(after)
      if (grown.length === 0 || performance.now() > endsAt) return { grown, facts: this.#facts(after) }
      await pause(POLL_MS)
    }
  }

  #grown(after) {
    const { memory, files, disk } = this.#before
    const grown = []
    if (after.memory > Math.max(memory + MEMORY_SLACK, 1.5 * memory))
      grown.push(`memory of ${this.#name} grew from ${inMb(memory)} to ${inMb(after.memory)} MB`)
    if (after.files > files + FILES_SLACK)
      grown.push(`open files of ${this.#name} grew from ${files} to ${after.files}`)
    if (after.disk > disk + DISK_SLACK)
      grown.push(`the data of ${this.#name} grew from ${inMb(disk)} to ${inMb(after.disk)} MB`)
    return grown
  }

  #facts(after) {
    const before = this.#before
    return [
      [`memory of ${this.#name}, before and after, MB`, `${inMb(before.memory)} → ${inMb(after.memory)}`],
      [`  its open files and sockets`, `${before.files} → ${after.files}`],
      [`  its data, MB`, `${inMb(before.disk)} → ${inMb(after.disk)}`]
    ]
  }
}

function bytesIn(dir) {
  let bytes = 0
  for (const item of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (item.isFile())
      bytes += statSync(path.join(item.parentPath, item.name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

function inMb(bytes) {
  return (bytes / MB).toFixed(1)
}
