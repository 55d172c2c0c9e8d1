// The link checker beside linkinator, which asks a server for everything that it meets.
import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { checkSite, pageUrl } from '@sitedrive/core/content'
import { LinkChecker } from 'linkinator'
import sirv from 'sirv'
import { printTable, seconds } from '../measure.mjs'
import { breakSite, buildExamples } from './example-sites.mjs'
import { inputOf } from './folder.mjs'

const OURS = new Set(['broken-link', 'missing-asset', 'case-mismatch', 'broken-anchor'])

/** @returns {Promise<string | null>} what the two do not agree on; null when they find the same */
export async function compareLinks() {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-links-'))
  const rows = []
  const differences = []
  try {
    for (const { name, dir } of buildExamples(work)) {
      for (const isBroken of [false, true]) {
        if (isBroken) breakSite(dir)
        const [ours, theirs] = [await checkedByUs(dir), await checkedByLinkinator(dir)]
        const missed = [...theirs.targets].filter((target) => !ours.targets.has(target))
        const more = [...ours.targets].filter((target) => !theirs.targets.has(target))
        const title = isBroken ? `${name}, broken` : name
        rows.push([
          title,
          ours.targets.size,
          seconds(ours.ms),
          theirs.targets.size,
          seconds(theirs.ms),
          missed.length,
          more.length
        ])
        for (const target of missed) differences.push([title, target, 'linkinator'])
        for (const target of more) differences.push([title, target, 'sitedrive'])
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  printTable(
    'Broken targets within the example sites, as they are and with some broken on purpose',
    ['', 'sitedrive', 'time', 'linkinator', 'time', 'only linkinator', 'only sitedrive'],
    rows
  )
  if (rows.length === 0) return 'No example site could be built: nothing was compared.'
  if (differences.length === 0) return null
  printTable('Told by one only', ['site', 'target', 'by'], differences)
  return `${differences.length} broken targets are told of by one link checker only, and nothing explains why.`
}

async function checkedByUs(dir) {
  const input = inputOf(dir)
  const startedAt = performance.now()
  const findings = await checkSite(input)
  const ms = performance.now() - startedAt
  const targets = new Set()
  for (const { check, value, path: file } of findings) {
    if (OURS.has(check))
      targets.add(plain(new URL(value, `http://site${pageUrl(file)}`), check === 'broken-anchor'))
  }
  return { ms, targets }
}

async function checkedByLinkinator(dir) {
  const server = createServer(sirv(dir, { dev: true }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${server.address().port}`
  try {
    const checker = new LinkChecker()
    const startedAt = performance.now()
    const { links } = await checker.check({
      path: `${origin}/`,
      recurse: true,
      checkCss: true,
      checkFragments: true,
      // Neither asks other sites.
      linksToSkip: (link) => Promise.resolve(!link.startsWith(`${origin}/`))
    })
    const ms = performance.now() - startedAt
    const broken = links.filter(({ state }) => state === 'BROKEN').map(({ url }) => new URL(url))
    return { ms, targets: new Set(broken.map((url) => plain(url, url.hash !== ''))) }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function plain({ pathname, hash }, isAnchor) {
  return decodeURI(pathname) + (isAnchor ? hash : '')
}
