import Rache from 'rache'

/** An entry takes about 300 bytes. */
const MAX_ENTRIES = 2_048

/**
 * A cache for the nodes of all indexes in a store. Without one, each Hyperbee has a cache of 65,536 entries of its own: too much
 * for a process that shows hundreds of sites, or a state each second.
 */
export function indexCache(): Rache {
  return new Rache({ maxSize: MAX_ENTRIES })
}
