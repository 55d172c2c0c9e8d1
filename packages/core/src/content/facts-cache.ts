import { hash } from 'node:crypto'
import { readIfThere, replaceFileQuickly } from '../durable-file.js'
import type { HtmlFacts } from './contract.js'
import { packFacts, unpackFacts, type PackedFacts } from './packed-facts.js'

/** Raised whenever facts come to mean something else. */
const FORMAT = 'sitedrive facts 1'

/** @returns facts by content; empty when there is no cache or it is damaged: it only saves time, so it is made anew */
export function readFactsCache(file: string): Map<string, HtmlFacts> {
  try {
    const text = readIfThere(file) ?? ''
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    if (text.slice(0, end) !== firstLine(body)) return new Map()
    return unpackFacts(JSON.parse(body) as PackedFacts)
  } catch {
    return new Map()
  }
}

/** Writes a cache as one step. Where that is not possible the next check takes longer, which is no reason to fail this one. */
export function writeFactsCache(file: string, facts: ReadonlyMap<string, HtmlFacts>): void {
  const body = JSON.stringify(packFacts(facts))
  try {
    replaceFileQuickly(file, `${firstLine(body)}\n${body}`)
  } catch {
    // Told by whoever needs the folder for more than saving time.
  }
}

function firstLine(body: string): string {
  return `${FORMAT} ${hash('sha256', body, 'base64url')}`
}
