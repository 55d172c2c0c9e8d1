import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import createTestnet from 'hyperdht/testnet.js'
import { chromium } from 'playwright-core'
import { writeReport } from '../support/report.mjs'
import { Soak } from './soak.mjs'

export const OPTIONS = { seconds: 1_800, report: 'docs/reliability' }

/**
 * Edits a watched folder twice a second. One browser window looks at the author's machine, two at a machine that follows.
 *
 * @param {{ seed: number, seconds: number, report: string }} options `report`: the folder for tables and plots
 * @returns {Promise<{ violations: string[], facts: [string, string | number][] }>}
 */
export async function torture({ seed, seconds, report }) {
  const testnet = await createTestnet(10, { host: '127.0.0.1' })
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-soak-')))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  })
  const soak = new Soak({ seed, root, dht: testnet.bootstrap, browser })
  try {
    await soak.start()
    await soak.run(seconds * 1_000)
    await soak.stop()
  } catch (error) {
    soak.violations.push(`${error.stack}\n${soak.log}`)
  } finally {
    await browser.close()
    soak.kill()
    await testnet.destroy()
    rmSync(root, { recursive: true, force: true, maxRetries: 13 })
  }
  const { violations, minutes } = soak
  const sections = soak.sections()
  writeReport(report, 'soak', {
    title: 'Soak',
    options: { seconds, seed },
    minutes,
    violations,
    sections
  })
  const facts = sections.flatMap(({ table: [[first, ...names], ...rows] }) => [
    ...(first === '' ? [] : [[first, names.join(', ')]]),
    ...rows.map(([what, ...values]) => [what, values.join(', ')])
  ])
  return { violations, facts: [...facts, ['broken promises', violations.length], ['minutes', minutes]] }
}
