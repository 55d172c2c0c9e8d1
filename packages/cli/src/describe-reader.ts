import { formatBytes, plural } from '@sitedrive/core/internal'
import type { Reader } from '@sitedrive/reader'

/** How the open sites stand, for `stayOpen`. */
export function describeReader(reader: Reader): [words: string, change: string] | null {
  const sites = [...reader.sites.values()]
  if (sites.length === 0) return null
  const whole = sites.filter(({ isComplete }) => isComplete).length
  const peers = sites.reduce((sum, site) => sum + site.peers, 0)
  const bytes = sites.reduce((sum, { progress }) => sum + progress.bytes, 0)
  const words = `${whole} of ${plural(sites.length, 'site')} whole, ${formatBytes(bytes)} · connected to ${plural(peers, 'peer')}`
  return [words, `${whole} ${sites.length}`]
}
