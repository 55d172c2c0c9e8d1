// `npm run bench -- review`: how long the checks of a large site take, how soon its review is on the screen, and whether a
// known link checker finds the same. BENCH_ROUNDS (default 5) and BENCH_PAGES (default 10000) change its size.
import { describeMachine, printTable, seconds } from '../measure.mjs'
import { compareLinks } from './broken-links.mjs'
import { measureChecks } from './checks.mjs'
import { measurePage } from './page.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const pages = Number(process.env.BENCH_PAGES ?? 10_000)

console.log(`Machine: ${describeMachine()}.`)
measureChecks({ rounds, pages })
const page = await measurePage({ rounds, pages })
const all = await measurePage({ rounds, pages, changed: pages })
if (page && all) {
  printTable(
    `The review page of ${pages.toLocaleString('en')} pages, 500 of them changed unless said otherwise, in Chromium, medians of ${rounds}`,
    ['', 'time', 'target'],
    [
      ['first opening: the list is on the screen', seconds(page.listMs), '1 s'],
      ['first opening: with titles and noise', seconds(page.titlesMs), ''],
      ['opened again: the list is on the screen', seconds(page.againMs), '1 s'],
      ['every page changed, first opening: the list is on the screen', seconds(all.listMs), '1 s'],
      ['every page changed, first opening: with titles and noise', seconds(all.titlesMs), ''],
      ['every page changed, opened again: the list is on the screen', seconds(all.againMs), '1 s']
    ]
  )
} else console.log('The review page was not measured: there is no Chromium on this machine.')
const difference = await compareLinks()
if (difference !== null) {
  console.error(difference)
  process.exitCode = 1
}
