// `npm run bench -- review`: how long the checks of a large site take, how soon its review is on the screen, and whether a
// known link checker finds the same. BENCH_ROUNDS (default 5) and BENCH_PAGES (default 10000) change its size.
import { describeMachine } from '../measure.mjs'
import { compareLinks } from './broken-links.mjs'
import { measureChecks } from './checks.mjs'
import { measurePage } from './page.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const pages = Number(process.env.BENCH_PAGES ?? 10_000)

console.log(`Machine: ${describeMachine()}.`)
measureChecks({ rounds, pages })
const page = await measurePage({ rounds, pages })
if (page) {
  console.log(`\nThe review page: ${pages} pages, 500 of them changed; medians of ${rounds}, in Chromium.`)
  console.table({
    'first opening: list on the screen': { ms: Math.round(page.listMs) },
    'first opening: titles and noise as well': { ms: Math.round(page.titlesMs) },
    'opened again: list on the screen': { ms: Math.round(page.againMs) }
  })
} else console.log('The review page was not measured: there is no Chromium on this machine.')
await compareLinks()
