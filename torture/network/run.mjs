import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Random } from '../support/random.mjs'
import { missingForNetwork } from './network.mjs'
import { SCENARIOS } from './scenarios.mjs'
import { World } from './world.mjs'

export const OPTIONS = { megabytes: 4, files: 300 }

/**
 * Publishes and follows over bad lines, one after another, each with hosts and data of its own.
 *
 * @param {{ seed: number, megabytes: number, files: number }} options the size of the site
 * @returns {Promise<{ violations: string[], facts: [string, string | number][], lacks?: string }>}
 */
export async function torture({ seed, megabytes, files }) {
  const lacks = missingForNetwork()
  if (lacks !== null) return { violations: [], facts: [], lacks }
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-network-')))
  const violations = []
  const facts = []
  for (const [number, [name, scenario]] of Object.entries(SCENARIOS).entries()) {
    const random = new Random(seed + number)
    let world = null
    try {
      world = await World.open({ seed: seed + number, random, root: path.join(root, String(number)) })
      world.writeSite({ bytes: megabytes * 1_000_000, files })
      facts.push([name, await scenario(world)])
    } catch (error) {
      facts.push([name, 'broken'])
      violations.push(`${name}: ${error.stack}`)
    } finally {
      await world?.close()
    }
    process.stderr.write(`${facts.at(-1).join(': ')}\n`)
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  return { violations, facts }
}
