// `npm run bench -- cost`: what each command and each build costs a person, in one table beside what was wanted.
// BENCH_ROUNDS (default 3) changes its size; commands take seven times as many rounds.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describeMachine, median, megabytes, printTable, seconds, takeTurns } from '../measure.mjs'
import { benchManySites } from '../peer/many-sites.mjs'
import { benchReleases } from '../peer/releases.mjs'
import { contestantsIn } from '../publish/contestants.mjs'
import { benchCommands } from '../start/commands.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const PAGES = 10_000
const RELEASES = 250

console.log(
  `Medians of ${ROUNDS} rounds, of ${7 * ROUNDS} for sites of 100 pages.\nMachine: ${describeMachine()}.`
)
const rows = [...inFolder(ofCommands), ...inFolder(ofPublishes), ...(await ofPeers())]
printTable('What it costs', ['', 'median', 'beside it', 'ratio', 'wanted'], rows)
process.exit(0)

function inFolder(bench) {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
  try {
    return bench(work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function ofCommands(work) {
  const checkouts = { '': path.join(import.meta.dirname, '../..') }
  const times = benchCommands({ rounds: 7 * ROUNDS, pages: 100, work, checkouts })
  const besideNode = (name, wanted, site = '') => [
    `${name}${site}`,
    ...besides(times.get(name), ['`node -e 0`', times.get('node -e 0')]),
    wanted
  ]
  const added = (generator) => {
    const [without, withPlugin] = ['without', 'with'].map((kind) =>
      times.get(`${generator} ${kind} the plugin, one page changed`)
    )
    return [
      `${generator} with the plugin, one page changed`,
      ...besides(withPlugin, ['without', without]).slice(0, 2),
      `${Math.round(withPlugin - without)} ms more`,
      '60 ms more'
    ]
  }
  return [
    besideNode('`--version`', '1.15'),
    besideNode('`--help`', '1.15'),
    besideNode('nothing changed', '1.4', ', 100 pages'),
    besideNode('one page changed', '2.5', ', 100 pages'),
    added('Eleventy'),
    added('Vite')
  ]
}

function ofPublishes(work) {
  const site = contestantsIn(work, PAGES)
  const beside = (contestants, rival) => {
    const runs = takeTurns(
      ROUNDS,
      contestants.filter(({ name }) => ['sitedrive', rival].includes(name))
    )
    const [ours, others] = ['sitedrive', rival].map((name) => median(runs.get(name).map(({ ms }) => ms)))
    return { ours, others }
  }
  const first = beside(site.first, 'cp -r')
  const nothing = beside(site.nothingChanged, 'bare walk in Node')
  takeTurns(
    1,
    site.first.filter(({ name }) => name === 'mirror-drive, batch')
  )
  const onePage = beside(site.onePageChanged, 'mirror-drive, batch')
  const files = site.hundredThousandFiles()
  const huge = site.threeGigabytes()
  const { store, cores } = site.manyReleases(RELEASES)
  return [
    ['first publish, 10,000 pages', ...besides(first.ours, ['`cp -r`', first.others]), '1.2'],
    [
      'nothing changed, 10,000 pages',
      ...besides(nothing.ours, ['bare walk', nothing.others]),
      '300 ms, or 1.3'
    ],
    [
      'one page of 10,000 changed',
      ...besides(onePage.ours, ['mirror-drive', onePage.others]).slice(0, 2),
      `${(onePage.others / onePage.ours).toFixed(1)} times faster`,
      '40 times faster'
    ],
    ['100,000 files: memory at most', `${Math.round(files.peakMb)} MB`, '', '', '450 MB'],
    ['one file of 3 GB: memory at most', `${Math.round(huge.peakMb)} MB`, '', '', '200 MB'],
    [
      `${RELEASES} releases of 1,000 pages on disk`,
      megabytes(store),
      `cores: ${megabytes(cores)}`,
      (store / cores).toFixed(2),
      '1.2'
    ]
  ]
}

async function ofPeers() {
  const { transfer, visitors } = await benchReleases()
  const { sites, one, many } = await benchManySites()
  return [
    [
      '10,000 files to a seed, confirmed',
      ...besides(transfer.seed, ["`download('/')`", transfer.reader]),
      '0.5'
    ],
    [
      'first page from a peer just opened that has to fetch the site',
      seconds(visitors.firstMs),
      '',
      '',
      '500 ms'
    ],
    [`one page changed, a peer with ${sites} sites`, ...besides(many, ['with one', one]), '1']
  ]
}

function besides(ours, [name, theirs]) {
  return [seconds(ours), `${name}: ${seconds(theirs)}`, (ours / theirs).toFixed(2)]
}
