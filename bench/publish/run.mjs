// `npm run bench -- publish`: sitedrive beside cp, mirror-drive and drive.batch() on one generated site.
// BENCH_ROUNDS (default 3), BENCH_PAGES (default 10000) and BENCH_RELEASES (default 250) change its size.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describeMachine, median, megabytes, printTable, seconds, takeTurns } from '../measure.mjs'
import { contestantsIn } from './contestants.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const PAGES = Number(process.env.BENCH_PAGES ?? 10_000)
const RELEASES = Number(process.env.BENCH_RELEASES ?? 250)
const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))

try {
  console.log(
    `${PAGES.toLocaleString('en')} pages of 8 kB and 100 images of 200 kB; medians of ${ROUNDS} whole processes.`
  )
  console.log(`Machine: ${describeMachine()}.`)
  const site = contestantsIn(work, PAGES)
  compared('First publish', takeTurns(ROUNDS, site.first))
  compared('Nothing changed', takeTurns(ROUNDS, site.nothingChanged))
  compared('One page changed', takeTurns(ROUNDS, site.onePageChanged))

  const { added, removed, bytesWritten } = site.renamed()
  const hundredThousand = site.hundredThousandFiles()
  const threeGigabytes = site.threeGigabytes()
  const { store, cores } = site.manyReleases(RELEASES)
  printTable(
    'sitedrive alone',
    ['case', 'result'],
    [
      ['a folder renamed', `${added} added, ${removed} removed, ${bytesWritten} blob bytes written`],
      ['100,000 files', `${seconds(hundredThousand.ms)}, ${Math.round(hundredThousand.peakMb)} MB at most`],
      ['one file of 3 GB', `${seconds(threeGigabytes.ms)}, ${Math.round(threeGigabytes.peakMb)} MB at most`],
      [
        `${RELEASES} releases of 1,000 pages, one page changed each`,
        `${megabytes(store)} on disk, ${megabytes(cores)} in the cores`
      ]
    ]
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}

function compared(title, runs) {
  const ours = median(runs.get('sitedrive').map(({ ms }) => ms))
  const rows = [...runs].map(([name, measured]) => {
    const ms = median(measured.map((run) => run.ms))
    const peaks = measured.map(({ peakMb }) => peakMb).filter((peak) => peak !== null)
    return [
      name,
      seconds(ms),
      `${(ms / ours).toFixed(ms / ours < 10 ? 2 : 0)}`,
      peaks.length ? `${Math.round(median(peaks))} MB` : ''
    ]
  })
  printTable(title, ['', 'median', 'times sitedrive', 'peak memory'], rows)
}
