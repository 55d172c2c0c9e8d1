import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export const MB = 1_000_000

/** @returns {number} resident memory of a process now, bytes */
export function memoryOf(pid) {
  return fieldOf(pid, 'VmRSS')
}

/** @returns {number} the most resident memory that a process had so far, bytes */
export function peakOf(pid) {
  return fieldOf(pid, 'VmHWM')
}

/** @returns {number} open file descriptors of a process */
export function openFilesOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** @returns {number} bytes that a folder takes on the disk */
export function diskOf(dir) {
  // A database removes files while they are counted: then du counts the others, and says so on stderr.
  const { stdout } = spawnSync('du', ['-sk', dir], { encoding: 'utf8' })
  return Number.parseInt(stdout, 10) * 1024
}

export function median(values) {
  return percentile(values, 0.5)
}

/** @param {number} share 0.95: 95 of 100 values are not larger */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function fieldOf(pid, name) {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8')
  ) ?? [0, 0]
  return Number(kilobytes) * 1024
}
