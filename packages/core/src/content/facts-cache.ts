import { readSealed, writeSealed } from '../disk/sealed-file.js'
import type { HtmlFacts } from './content-types.js'
import { packFacts, unpackFacts, type PackedFacts } from './packed-facts.js'

/** To be raised whenever the meaning of facts changes. */
const FORMAT = 'sitedrive facts 4'

/** @returns facts by content; empty when there is no cache or it is damaged */
export function readFactsCache(file: string): Map<string, HtmlFacts> {
  const body = readSealed(file, FORMAT)
  return body === null ? new Map() : unpackFacts(JSON.parse(body) as PackedFacts)
}

/** Writes the cache atomically. Errors are ignored: the next check only takes longer. */
export function writeFactsCache(file: string, facts: ReadonlyMap<string, HtmlFacts>): void {
  try {
    writeSealed(file, FORMAT, JSON.stringify(packFacts(facts)))
  } catch {
    // Code that needs the folder for more than saving time reports this.
  }
}
