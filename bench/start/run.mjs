// `npm run bench -- start`: what each command costs.
// BENCH_ROUNDS (default 21) and BENCH_PAGES (default 100) change its size. BENCH_BEFORE=<a built checkout> measures that one, too, in
// the same turns.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describeMachine, printTable } from '../measure.mjs'
import { benchCommands } from './commands.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 21)
const pages = Number(process.env.BENCH_PAGES ?? 100)
const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
const checkouts = { '': path.join(import.meta.dirname, '../..') }
if (process.env.BENCH_BEFORE) checkouts[', before'] = path.resolve(process.env.BENCH_BEFORE)

try {
  console.log(
    `A site of ${pages} pages of 8 kB, no seed; medians of ${rounds} whole processes that took turns.\nMachine: ${describeMachine()}.`
  )
  const times = benchCommands({ rounds, pages, work, checkouts })
  const bare = times.get('node -e 0')
  printTable(
    'Whole processes',
    ['', 'median', 'times bare Node'],
    [...times].map(([name, ms]) => [name, `${Math.round(ms)} ms`, (ms / bare).toFixed(2)])
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}
