import type { Noise } from './content-types.js'
import { decodePage, isBinary } from './decode-text.js'
import { isLaterBuild, maskDates, type DateToken } from './mask-dates.js'
import { maskFingerprints } from './mask-fingerprints.js'
import { isPage } from './page-url.js'

export interface ChangedDate {
  from: string
  to: string
  /** A clock's time that belongs to the date before it, which changed as well. */
  isOfDateBefore: boolean
}

/** What differs between two texts that are otherwise the same. */
export interface SmallDifference {
  /** Dates that are not surely the time of a build, old and new as written. */
  dates: ChangedDate[]
  hasBuildTime: boolean
  hasFingerprint: boolean
}

/** Longer texts are not compared like this. Bytes. */
const MAX_BYTES = 4 * 1024 * 1024

const IS_TEXT = /\.(?:x?html?|xml|rss|atom|css|[cm]?js|json|webmanifest|txt|map|svg)$/i

/**
 * Noise: what kind of nothing a change is.
 *
 * It is noise when all that differs is a hash in a reference (`app.3f9a1c2b.js`, `?v=3`, `integrity`) or the time of the
 * build. A date is the time of a build only where it is known to be one: see `mask-dates.ts`. Any other date is
 * somebody's own, such as that of a post, and its change is a change; so is whatever is in doubt.
 *
 * @param path tells the type
 * @returns null when a reader would notice
 */
export function noiseOf(path: string, before: Uint8Array, now: Uint8Array): Noise | null {
  const difference = smallDifference(path, before, now)
  return difference && noiseFrom(difference)
}

export function noiseFrom({ dates, hasBuildTime, hasFingerprint }: SmallDifference): Noise | null {
  if (dates.length > 0) return null
  if (hasBuildTime) return 'build time'
  return hasFingerprint ? 'fingerprint' : null
}

/** @returns null when more differs than dates and hashes */
export function smallDifference(path: string, before: Uint8Array, now: Uint8Array): SmallDifference | null {
  if (!IS_TEXT.test(path) || Math.max(before.byteLength, now.byteLength) > MAX_BYTES) return null
  if (isBinary(before) || isBinary(now)) return null
  const texts = [decodePage(before).text, decodePage(now).text] as const
  // Whether a date of a feed is that of a build depends on all of it.
  const [oldText, freshText] = isPage(path) ? whereUnlike(...texts) : texts
  const old = maskFingerprints(oldText)
  const fresh = maskFingerprints(freshText)
  const [oldDates, freshDates] = [maskDates(old.text, path), maskDates(fresh.text, path)]
  if (oldDates.text !== freshDates.text) return null

  const difference: SmallDifference = { dates: [], hasBuildTime: false, hasFingerprint: false }
  for (const [at, hash] of fresh.hashes.entries()) {
    const was = old.hashes[at]
    if (!was || was.value === hash.value) continue
    // Eight letters may be a word; when what they took the place of is surely a hash, so are they.
    if (!was.isCertain && !hash.isCertain) return null
    difference.hasFingerprint = true
  }
  compareDates(oldDates.dates, freshDates.dates, difference)
  return difference
}

/** So far around it tells what a difference is: further than a hash, a date and what is said of it can be. Characters. */
const MARGIN = 1_000

/** Two texts from shortly before their first difference to shortly after their last. */
function whereUnlike(a: string, b: string): [string, string] {
  const least = Math.min(a.length, b.length)
  let start = 0
  while (start < least && a.charCodeAt(start) === b.charCodeAt(start)) start++
  let end = 0
  while (end < least - start && a.charCodeAt(a.length - 1 - end) === b.charCodeAt(b.length - 1 - end)) end++
  start = Math.max(0, start - MARGIN)
  end = Math.max(0, end - MARGIN)
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)]
}

function compareDates(
  old: readonly DateToken[],
  fresh: readonly DateToken[],
  difference: SmallDifference
): void {
  const entries: { from: string; to: string; isChanged: boolean }[] = []
  /** The place of the last that is a change by itself. */
  let changedAt = -1
  for (const [at, { value, place, isOfDateBefore }] of fresh.entries()) {
    const from = old[at]?.value ?? ''
    if (place === 'entry') entries.push({ from, to: value, isChanged: from !== value })
    else if (from !== value) {
      if (place === 'build' || (place === 'label' && isLaterBuild(from, value)))
        difference.hasBuildTime = true
      else {
        difference.dates.push({ from, to: value, isOfDateBefore: isOfDateBefore && changedAt === at - 1 })
        changedAt = at
      }
    }
  }
  // Entries of a feed say when each was updated. All at one instant: that was the build.
  const changed = entries.filter(({ isChanged }) => isChanged)
  const isBuild =
    changed.length > 1 && changed.length === entries.length && new Set(changed.map(({ to }) => to)).size === 1
  if (isBuild) difference.hasBuildTime = true
  else difference.dates.push(...changed.map(({ from, to }) => ({ from, to, isOfDateBefore: false })))
}
