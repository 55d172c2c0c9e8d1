import { linkOf, SitedriveError } from '@sitedrive/core'
import { formatBytes, plural } from '@sitedrive/core/internal'
import type { ReadSite } from './read-site.js'

/** How long peers are looked for when nothing of a site is here. Milliseconds. */
export const SEARCH_MS = 15_000

/** Who has a site, and how much of it is here. */
export function describeSite(site: ReadSite): string {
  const { peers, isComplete, isTooLarge, release, progress } = site
  const who =
    peers === 0
      ? 'Nobody else has it online now'
      : `${plural(peers, 'peer')} ${peers === 1 ? 'has' : 'have'} it`
  const what = release ? `release ${release.release}` : 'this version'
  if (isComplete) return `${who} · all of ${what} is here, ${formatBytes(progress.bytes)} with its history`
  if (isTooLarge)
    return `${who} · it has ${formatBytes(progress.bytes)}, so pages are fetched when they are opened; \`--max\` allows more`
  const percent = progress.known === 0 ? 0 : Math.floor((100 * progress.held) / progress.known)
  const shown = site.state ? `showing ${what}, fetching the next: ` : ''
  return `${who} · ${shown}${percent} % of ${formatBytes(progress.bytes)} is here`
}

/** Explains that nothing of a site came in `SEARCH_MS`. @param peers how many are connected */
export function nobody(key: string, peers: number): SitedriveError {
  const link = linkOf(key)
  const seconds = SEARCH_MS / 1000
  return new SitedriveError(
    'NOT_HELD',
    peers > 0
      ? `${peers === 1 ? 'A peer' : `${peers} peers`} of \`${link}\` could be reached, and sent nothing of it in ${seconds} s. Try again later.`
      : `Nobody who has \`${link}\` answered in ${seconds} s: the DHT was asked for peers that announce it. Its author and seeds are offline, the link is wrong, ` +
          'or this network lets no UDP out (`npx sitedrive doctor` looks at that). Try again later, or ask the author for a seed or a web address.'
  )
}
