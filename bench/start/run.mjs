// `npm run bench -- start`: what each command costs a person beside a bare Node, and a plugin in a build with one page changed, as whole
// processes that take turns.
// BENCH_ROUNDS (default 21) and BENCH_PAGES (default 100) change its size. BENCH_BEFORE=<a built checkout> measures that one, too, in
// the same turns.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describeMachine, median, printTable, runBare, takeTurns } from '../measure.mjs'
import { generateSite } from '../publish/site.mjs'
import { buildsOf } from './builds.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 21)
const PAGES = Number(process.env.BENCH_PAGES ?? 100)
const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
const checkouts = { '': path.join(import.meta.dirname, '../..') }
if (process.env.BENCH_BEFORE) checkouts[', before'] = path.resolve(process.env.BENCH_BEFORE)

try {
  console.log(
    `A site of ${PAGES} pages of 8 kB, no seed; medians of ${ROUNDS} whole processes that took turns.\nMachine: ${describeMachine()}.`
  )
  const runs = takeTurns(ROUNDS, [
    { name: 'node -e 0', run: () => runBare(['-e', '0']) },
    ...Object.entries(checkouts).flatMap(([when, checkout]) => [
      ...commandsOf(checkout, when),
      ...buildsOf(checkout, when, work)
    ])
  ])
  const times = new Map([...runs].map(([name, each]) => [name, median(each)]))
  const bare = times.get('node -e 0')
  printTable(
    'Whole processes',
    ['', 'median', 'times bare Node'],
    [...times].map(([name, ms]) => [name, `${Math.round(ms)} ms`, (ms / bare).toFixed(2)])
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Three sites: one is published again as it is, in one a page changes, and one is new each time. */
function commandsOf(checkout, when) {
  const program = path.join(checkout, 'packages/cli/bin/sitedrive.js')
  const same = newSite(program, `same${when}`)
  const edited = newSite(program, `edited${when}`)
  const first = newSite(program, `first${when}`)
  return [
    { name: `\`--version\`${when}`, run: () => runBare([program, '--version']) },
    { name: `\`--help\`${when}`, run: () => runBare([program, '--help']) },
    { name: `nothing changed${when}`, run: same.publish },
    {
      name: `one page changed${when}`,
      prepare: () => appendFileSync(path.join(edited.dir, 'section-7/page-7/index.html'), '<p>More.'),
      run: edited.publish
    },
    { name: `first publish${when}`, prepare: first.forget, run: first.publish }
  ]
}

function newSite(program, name) {
  const project = path.join(work, name)
  const dir = path.join(project, '_site')
  mkdirSync(dir, { recursive: true })
  generateSite(dir, { pages: PAGES })
  const publish = () =>
    runBare([program, 'publish', '_site', '--project', project], {
      SITEDRIVE_HOME: path.join(project, 'home'),
      CI: ''
    })
  publish()
  const forget = () => {
    for (const made of ['home', 'sitedrive.json']) rmSync(path.join(project, made), { recursive: true })
  }
  return { dir, publish, forget }
}
