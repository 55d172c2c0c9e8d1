import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import createTestnet from 'hyperdht/testnet.js'
import { Random } from '../support/random.mjs'
import { writeReport } from '../support/report.mjs'
import * as files from './files.mjs'
import * as gigabytes from './gigabytes.mjs'
import { growthViolations } from './judge.mjs'
import * as releases from './releases.mjs'
import { factOf, plotsOf, tableOf } from './show.mjs'
import * as sites from './sites.mjs'

const STAGES = { sites, releases, files, gigabytes }

export const OPTIONS = {
  sites: 1_000,
  releases: 1_000,
  files: 100_000,
  gigabytes: 10,
  report: 'docs/reliability'
}

/**
 * Lets a peer, a history and a site grow, and measures time, memory and disk on the way.
 *
 * @param {{ seed: number, report: string } & Record<string, number>} options the largest sizes, 0 leaves a part out;
 *   `report`: the folder for tables and plots
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, report, ...options }) {
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-growth-')))
  const began = performance.now()
  const violations = []
  const facts = []
  const sections = []
  for (const [name, { UNIT, LIMITS, grow }] of Object.entries(STAGES)) {
    const most = options[name]
    if (most === 0) continue
    const samples = []
    try {
      const place = { root: path.join(root, name), dht: testnet.bootstrap, random: new Random(seed) }
      mkdirSync(place.root)
      for await (const sample of grow({ most, ...place })) {
        facts.push(factOf(sample, UNIT))
        process.stderr.write(`${facts.at(-1).join(': ')}\n`)
        samples.push(sample)
      }
      violations.push(...growthViolations(samples, UNIT, LIMITS))
    } catch (error) {
      violations.push(`${name}: ${error.stack}`)
    }
    sections.push({ title: UNIT, table: tableOf(samples, UNIT), images: plotsOf(samples, name, UNIT) })
  }
  await testnet.destroy()
  rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  const minutes = ((performance.now() - began) / 60_000).toFixed(1)
  const used = Object.fromEntries(Object.keys(STAGES).map((name) => [name, options[name]]))
  writeReport(report, 'growth', {
    title: 'Growth',
    options: { ...used, seed },
    minutes,
    violations,
    sections
  })
  return { violations, facts: [...facts, ['broken promises', violations.length], ['minutes', minutes]] }
}
