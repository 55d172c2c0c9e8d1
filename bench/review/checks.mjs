// How long the checks of a large site take, cold and when one page changed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, printTable, runProcess, seconds } from '../measure.mjs'
import { generatePages, writePage } from './pages.mjs'

const script = fileURLToPath(new URL('./check-once.mjs', import.meta.url))

export function measureChecks({ rounds, pages }) {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-checks-'))
  const dir = path.join(work, 'site')
  const cache = path.join(work, 'facts.cache')
  mkdirSync(dir)
  try {
    generatePages(dir, pages)
    const check = () => {
      const { stdout, peakMb } = runProcess(process.execPath, [script, dir, cache])
      const { ms, findings } = JSON.parse(stdout)
      if (findings > 0) throw new Error(`The generated site has ${findings} findings.`)
      return { ms, peakMb }
    }
    const runs = { cold: [], 'one page changed': [], 'nothing changed': [] }
    for (let round = 0; round < rounds; round++) {
      rmSync(cache, { force: true })
      runs.cold.push(check())
      writePage(dir, 7, pages, 8000, `edit ${round}`)
      runs['one page changed'].push(check())
      runs['nothing changed'].push(check())
      process.stderr.write('.')
    }
    process.stderr.write('\n')
    const targets = { cold: '5 s', 'one page changed': '500 ms' }
    printTable(
      `Checks of ${pages.toLocaleString('en')} pages of 8 kB, each in a new process, medians of ${rounds}`,
      ['', 'time', 'target', 'peak memory'],
      Object.entries(runs).map(([name, measured]) => [
        name,
        seconds(median(measured.map(({ ms }) => ms))),
        targets[name] ?? '',
        `${Math.round(median(measured.map(({ peakMb }) => peakMb)))} MB`
      ])
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
