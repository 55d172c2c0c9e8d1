import path from 'node:path'
import { writeLarge, writePages } from './made-files.mjs'
import { publishedSite } from './published-site.mjs'
import { sizesUpTo } from './sizes.mjs'

const GB = 1e9
/** Half of a site is in so many files, the other half in many of 1 MB. */
const LARGE_FILES = 4
const SMALL_BYTES = 1e6

export const UNIT = 'GB'

/** Memory is not to grow with the bytes of a site. */
export const LIMITS = { time: () => 1, memory: () => 0, disk: () => 1 }

/** Sites of more and more bytes. Each is published to a new peer. */
export async function* grow({ most, root, dht, random }) {
  for (const size of sizesUpTo(most, 0)) {
    const bytes = size * GB
    const write = (out) => {
      const large = Array.from({ length: LARGE_FILES }, (_, number) => `video-${number}.bin`)
      const small = Array.from({ length: bytes / 2 / SMALL_BYTES }, (_, number) => `images/${number}.bin`)
      for (const name of large) writeLarge(out, name, bytes / 2 / LARGE_FILES)
      for (const name of small) writeLarge(out, name, SMALL_BYTES)
      // One large file is read as a whole.
      return [...writePages(out, 10, SMALL_BYTES / 100), ...small, large[0]]
    }
    yield publishedSite({ size, write, bytes, root: path.join(root, String(size)), dht, random })
  }
}
