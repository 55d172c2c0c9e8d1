// What each command costs a person beside a bare Node, and a plugin in a build with one page changed, as whole processes that take turns.
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { median, runBare, takeTurns } from '../measure.mjs'
import { generateSite } from '../publish/site.mjs'
import { buildsOf } from './builds.mjs'

/**
 * @param checkouts built checkouts, by what is added to the names of their contestants
 * @param work a folder for the sites
 * @returns milliseconds, by the contestants' names; the first is `node -e 0`
 */
export function benchCommands({ rounds, pages, work, checkouts }) {
  const runs = takeTurns(rounds, [
    { name: 'node -e 0', run: () => runBare(['-e', '0']) },
    ...Object.entries(checkouts).flatMap(([when, checkout]) => [
      ...commandsOf(checkout, { when, pages, work }),
      ...buildsOf(checkout, when, work)
    ])
  ])
  return new Map([...runs].map(([name, each]) => [name, median(each)]))
}

/** Three sites: one is published again as it is, in one a page changes, and one is new each time. */
function commandsOf(checkout, { when, ...sizes }) {
  const program = path.join(checkout, 'packages/cli/bin/sitedrive.js')
  const same = newSite(program, `same${when}`, sizes)
  const edited = newSite(program, `edited${when}`, sizes)
  const first = newSite(program, `first${when}`, sizes)
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

function newSite(program, name, { pages, work }) {
  const project = path.join(work, name)
  const dir = path.join(project, '_site')
  mkdirSync(dir, { recursive: true })
  generateSite(dir, { pages })
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
