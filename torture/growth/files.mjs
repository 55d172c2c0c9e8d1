import path from 'node:path'
import { writePages } from './made-files.mjs'
import { publishedSite } from './published-site.mjs'
import { sizesUpTo } from './sizes.mjs'

const PAGE_BYTES = 1_000

export const UNIT = 'files'

/** What each of these may grow with, at most: 0: not at all, 1: the number of files. */
export const LIMITS = { time: () => 1, memory: () => 1, disk: () => 1 }

/** Sites of more and more files. Each is published to a new peer. */
export async function* grow({ most, root, dht, random }) {
  for (const size of sizesUpTo(most)) {
    const write = (out) => writePages(out, size, PAGE_BYTES)
    // A file of 1 kB takes a block of 4 kB of the disk.
    yield publishedSite({
      size,
      write,
      bytes: 4_096 * size,
      root: path.join(root, String(size)),
      dht,
      random
    })
  }
}
