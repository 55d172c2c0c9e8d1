import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import createTestnet from 'hyperdht/testnet.js'
import { Random } from '../support/random.mjs'
import * as files from './files.mjs'
import * as gigabytes from './gigabytes.mjs'
import { factOf, growthViolations, plotsOf } from './judge.mjs'
import * as releases from './releases.mjs'
import * as sites from './sites.mjs'

const STAGES = { sites, releases, files, gigabytes }

export const OPTIONS = {
  sites: 1_000,
  releases: 1_000,
  files: 100_000,
  gigabytes: 10,
  plots: 'docs/reliability'
}

/**
 * Lets a peer, a history and a site grow, and measures time, memory and disk on the way.
 *
 * @param {{ seed: number, plots: string } & Record<string, number>} options the largest sizes; 0 leaves a part out
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, plots, ...most }) {
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-growth-')))
  mkdirSync(plots, { recursive: true })
  const violations = []
  const facts = []
  for (const [name, { UNIT, LIMITS, grow }] of Object.entries(STAGES)) {
    if (most[name] === 0) continue
    const began = performance.now()
    const random = new Random(seed)
    const samples = []
    try {
      const options = { most: most[name], root: path.join(root, name), dht: testnet.bootstrap, random }
      for await (const sample of grow(options)) {
        facts.push(factOf(sample, UNIT))
        process.stderr.write(`${facts.at(-1).join(': ')}\n`)
        if (sample.skipped === undefined) samples.push(sample)
      }
      violations.push(...growthViolations(samples, UNIT, LIMITS))
    } catch (error) {
      violations.push(`${name}: ${error.stack}`)
    }
    for (const [kind, image] of plotsOf(samples, UNIT))
      writeFileSync(path.join(plots, `growth-${name}-${kind}.svg`), image)
    facts.push([`  ${name}, minutes`, ((performance.now() - began) / 60_000).toFixed(1)])
  }
  await testnet.destroy()
  rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  return { violations, facts: [...facts, ['broken promises', violations.length]] }
}
