// Whole processes, because that is what a user waits for.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Runs a command to its end. @returns wall-clock milliseconds, peak resident megabytes where it says so, and its stdout */
export function runProcess(command, args, env = {}) {
  const peakFile = path.join(os.tmpdir(), `sitedrive-peak-${process.pid}`)
  rmSync(peakFile, { force: true })
  const isNode = command === process.execPath
  const { ms, stdout } = timed(
    command,
    isNode ? ['--import', new URL('./report-peak.mjs', import.meta.url).href, ...args] : args,
    { ...env, SITEDRIVE_PEAK_FILE: peakFile }
  )
  const peakMb = existsSync(peakFile) ? Number(readFileSync(peakFile, 'utf8')) / 1024 : null
  return { ms, peakMb, stdout }
}

/** Runs Node with nothing to measure in it, so that a short process counts as it is. @returns wall-clock milliseconds */
export function runBare(args, env = {}, cwd) {
  return timed(process.execPath, args, env, cwd).ms
}

function timed(command, args, env, cwd) {
  const startedAt = performance.now()
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28
  })
  const ms = performance.now() - startedAt
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return { ms, stdout }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Takes turns, so that a slow moment of the machine hits all contestants. @returns each contestant's runs */
export function takeTurns(rounds, contestants) {
  const runs = new Map(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, prepare, run, only = rounds } of contestants) {
      if (round >= only) continue
      prepare?.()
      spawnSync('sync')
      runs.get(name).push(run())
      process.stderr.write('.')
    }
  }
  process.stderr.write('\n')
  return runs
}

/** A Markdown table, so that it can go into the README as it is. */
export function printTable(title, header, rows) {
  console.log(`\n### ${title}\n`)
  console.log(`| ${header.join(' | ')} |`)
  console.log(`| ${header.map((_, at) => (at === 0 ? '---' : '---:')).join(' | ')} |`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

export function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function describeMachine() {
  const { model } = os.cpus()[0]
  return `${os.cpus().length} cores (${model}), Node ${process.versions.node}, ${os.platform()}`
}
