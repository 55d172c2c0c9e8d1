// `npm run bench -- publish`: sitedrive beside cp, mirror-drive and drive.batch() on one generated site.
// BENCH_ROUNDS (default 3), BENCH_PAGES (default 10000) and BENCH_RELEASES (default 250) change its size.
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeMachine, median, printTable, runProcess, seconds, takeTurns } from '../measure.mjs'
import { generateSite, page } from './site.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const PAGES = Number(process.env.BENCH_PAGES ?? 10_000)
const RELEASES = Number(process.env.BENCH_RELEASES ?? 250)
const here = path.dirname(fileURLToPath(import.meta.url))
const cli = path.join(here, '../node_modules/sitedrive/bin/sitedrive.js')

const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
const dir = path.join(work, 'site')
const folder = (name) => path.join(work, name)
const clear = (name) => rmSync(folder(name), { recursive: true, force: true })
const node = (script, ...args) => runProcess(process.execPath, [path.join(here, script), ...args])

/** @param checks the others check nothing, so that is what is compared; by default a publish also tells of what is broken */
function sitedrive(name, { site = dir, checks = 'off' } = {}) {
  mkdirSync(folder(`${name}-project`), { recursive: true })
  const args = [cli, 'publish', site, '--json', '--project', folder(`${name}-project`)]
  return runProcess(process.execPath, args, {
    SITEDRIVE_HOME: folder(`${name}-home`),
    SITEDRIVE_CHECKS: checks,
    CI: ''
  })
}

const mirror = (mode) => node('with-mirror-drive.mjs', dir, folder(`mirror-${mode}`), mode)

try {
  generateSite(dir, { pages: PAGES, images: 100 })
  console.log(
    `${PAGES.toLocaleString('en')} pages of 8 kB and 100 images of 200 kB; medians of ${ROUNDS} whole processes.`
  )
  console.log(`Machine: ${describeMachine()}.`)

  const first = takeTurns(ROUNDS, [
    {
      name: 'sitedrive',
      prepare: () => ['ours-project', 'ours-home'].forEach(clear),
      run: () => sitedrive('ours')
    },
    {
      name: 'sitedrive, with checks',
      prepare: () => ['checked-project', 'checked-home'].forEach(clear),
      run: () => sitedrive('checked', { checks: 'warn' })
    },
    { name: 'cp -r', prepare: () => clear('copy'), run: () => runProcess('cp', ['-r', dir, folder('copy')]) },
    {
      name: 'mirror-drive, batch',
      prepare: () => clear('mirror-batch'),
      run: () => mirror('batch')
    },
    {
      name: 'mirror-drive, plain',
      prepare: () => clear('mirror-plain'),
      run: () => mirror('plain')
    },
    {
      name: 'drive.batch(), put by put',
      prepare: () => clear('batch'),
      run: () => node('with-drive-batch.mjs', dir, folder('batch'))
    }
  ])
  compared('First publish', first)

  compared(
    'Nothing changed',
    takeTurns(ROUNDS, [
      { name: 'sitedrive', run: () => sitedrive('ours') },
      { name: 'sitedrive, with checks', run: () => sitedrive('checked', { checks: 'warn' }) },
      { name: 'bare walk in Node', run: () => node('bare-walk.mjs', dir) },
      { name: 'mirror-drive, batch', run: () => mirror('batch') },
      { name: 'mirror-drive, plain', run: () => mirror('plain') }
    ])
  )

  let edit = 0
  const editOnePage = () =>
    writeFileSync(path.join(dir, 'section-7/page-7/index.html'), page(7, 8000, `edit ${edit++}`))
  compared(
    'One page changed',
    takeTurns(ROUNDS, [
      { name: 'sitedrive', prepare: editOnePage, run: () => sitedrive('ours') },
      {
        name: 'sitedrive, with checks',
        prepare: editOnePage,
        run: () => sitedrive('checked', { checks: 'warn' })
      },
      { name: 'mirror-drive, batch', prepare: editOnePage, run: () => mirror('batch') },
      { name: 'mirror-drive, plain', prepare: editOnePage, run: () => mirror('plain') }
    ])
  )

  sitedrive('ours') // the other contestants' edits
  renameSync(path.join(dir, 'section-3'), path.join(dir, 'renamed'))
  const { added, removed, bytesWritten } = JSON.parse(sitedrive('ours').stdout)

  const many = folder('many')
  generateSite(many, { pages: 100_000, pageBytes: 1000 })
  const hundredThousand = sitedrive('many', { site: many })
  rmSync(many, { recursive: true })
  const huge = folder('huge')
  mkdirSync(huge)
  writeFileSync(path.join(huge, 'index.html'), page(0, 1000))
  writeFileSync(path.join(huge, 'video.bin'), '')
  truncateSync(path.join(huge, 'video.bin'), 3_000_000_000)
  const threeGigabytes = sitedrive('huge', { site: huge })
  rmSync(huge, { recursive: true })

  mkdirSync(folder('releases'))
  const { store, cores } = JSON.parse(node('many-releases.mjs', folder('releases'), String(RELEASES)).stdout)
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

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
