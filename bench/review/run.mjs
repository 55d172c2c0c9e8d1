// `npm run bench -- review`: how long the checks of a large site take, how soon its review is on the screen, and whether a known link checker finds the same.
// BENCH_ROUNDS (default 5) and BENCH_PAGES (default 10000) change its size.
import { describeMachine } from '../measure.mjs'
import { compareLinks } from './broken-links.mjs'
import { measureChecks } from './checks.mjs'
import { measurePage } from './page.mjs'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const pages = Number(process.env.BENCH_PAGES ?? 10_000)

console.log(`Machine: ${describeMachine()}.`)
measureChecks({ rounds, pages })
if (!(await measurePage())) console.log('The review page was not measured: there is no Chromium here.')
await compareLinks()
