import { readSealed, writeSealed } from '../disk/sealed-file.js'
import type { HtmlFacts } from './content-types.js'
import { packFacts, unpackFacts, type PackedFacts } from './packed-facts.js'

/** Raised whenever facts come to mean something else. */
const FORMAT = 'sitedrive facts 3'

/** @returns facts by content; empty when there is no cache or it is damaged: it only saves time, so it is made anew */
export function readFactsCache(file: string): Map<string, HtmlFacts> {
  const body = readSealed(file, FORMAT)
  return body === null ? new Map() : unpackFacts(JSON.parse(body) as PackedFacts)
}

/** Writes a cache as one step. Where that is not possible the next check takes longer, which is no reason to fail this one. */
export function writeFactsCache(file: string, facts: ReadonlyMap<string, HtmlFacts>): void {
  try {
    writeSealed(file, FORMAT, JSON.stringify(packFacts(facts)))
  } catch {
    // Told by whoever needs the folder for more than saving time.
  }
}
