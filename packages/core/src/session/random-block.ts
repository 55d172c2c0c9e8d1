import { randomInt } from 'node:crypto'
import type { CorePart, SiteStore } from '../holepunch/site-store.js'

/** A machine that fetched only the index has few blobs. */
const ATTEMPTS = 10

/**
 * A random block of a core that is on this machine. No seed can know it in advance.
 *
 * @param below the block is before this one
 * @returns null when none was found in ten attempts, also at the last place
 */
export async function randomBlock(site: SiteStore, part: CorePart, below: number): Promise<number | null> {
  if (below <= 0) return null
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const index = randomInt(below)
    if (await site.hasBlock(part, index)) return index
  }
  return (await site.hasBlock(part, below - 1)) ? below - 1 : null
}
