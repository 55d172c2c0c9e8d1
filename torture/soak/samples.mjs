import { diskOf, MB, median, memoryOf, openFilesOf } from '../support/measure.mjs'
import { plot } from '../support/plot.mjs'

/** Share of the time before anything is compared. */
export const WARM_UP = 0.1
/** Share of the time whose median is compared: after the warm-up, and at the end. */
const SHARE = 0.1
/** How many times as much memory as after the warm-up there may be at the end. */
export const FLAT = 1.2
/** A shorter run ends before memory has settled, so it is measured and not judged. Milliseconds. */
const JUDGED_MS = 600_000
/** Descriptors come and go with connections. */
const MORE_FILES = 10
/** What a store may take on the disk before it is made smaller. Bytes. */
const DISK_LIMIT = 256 * MB

/** What a process and its data directory take, from time to time. */
export class ProcessSamples {
  #samples = []
  #pid
  #dir

  /** @param {string} dir its data directory */
  constructor(name, pid, dir) {
    this.name = name
    this.#pid = pid
    this.#dir = dir
  }

  /** @param {number} at share of the time that is over */
  take(at) {
    const pid = this.#pid
    this.#samples.push({ at, memory: memoryOf(pid), files: openFilesOf(pid), disk: diskOf(this.#dir) })
  }

  #compare(what) {
    const between = (from, to) =>
      this.#samples.filter(({ at }) => at >= from && at < to).map((sample) => sample[what])
    return { before: median(between(WARM_UP, WARM_UP + SHARE)), after: median(between(1 - SHARE, Infinity)) }
  }

  /** @param {number} ms how long the run took */
  violations(ms) {
    if (ms < JUDGED_MS) return []
    const [memory, files, disk] = ['memory', 'files', 'disk'].map((what) => this.#compare(what))
    return [
      memory.after > FLAT * memory.before && `memory of \`${this.name}\` grew from ${inMb(memory)} MB`,
      files.after > files.before + MORE_FILES &&
        `open files of \`${this.name}\` grew from ${files.before} to ${files.after}`,
      disk.after > DISK_LIMIT && `the data directory of \`${this.name}\` grew from ${inMb(disk)} MB`
    ].filter(Boolean)
  }

  /** @returns {[string, string][]} */
  facts() {
    const files = this.#compare('files')
    return [
      ['memory after the warm-up and at the end, MB', inMb(this.#compare('memory'))],
      ['data directory, MB', inMb(this.#compare('disk'))],
      ['open files', `${files.before} to ${files.after}`]
    ]
  }

  /** @param {ProcessSamples[]} all @returns {[string, string][]} names and images */
  static plots(all, ms) {
    const lines = (what) =>
      all.map((process) => ({
        name: process.name,
        points: process.#samples.map((sample) => [(sample.at * ms) / 60_000, sample[what] / MB])
      }))
    const x = { label: 'time, minutes' }
    return [
      [
        'memory',
        plot({ title: 'Soak: resident memory', x, y: { label: 'memory, MB' }, lines: lines('memory') })
      ],
      ['disk', plot({ title: 'Soak: data directories', x, y: { label: 'disk, MB' }, lines: lines('disk') })]
    ]
  }
}

function inMb({ before, after }) {
  return `${Math.round(before / MB)} to ${Math.round(after / MB)}`
}
