import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@sitedrive/testing'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on a page, without what is in its frames; 24 pixels of room for each target are asked for as well. */
export async function faults(tab: Page): Promise<string[]> {
  const found = await tab.evaluate(
    `(() => { ${axe}; return axe.run(document, { iframes: false, resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }) })()`
  )
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] }
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
