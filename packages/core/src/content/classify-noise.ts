import type { Noise } from './content-types.js'
import { decodePage, isBinary } from './decode-text.js'
import { isLaterBuild, maskDates, type DateToken } from './mask-dates.js'
import { maskFingerprints } from './mask-hashes.js'
import { isPage } from '../folder/page-url.js'

export interface ChangedDate {
  from: string
  to: string
  /** A time of day that belongs to the date before it, which changed as well. */
  isOfDateBefore: boolean
  /** A sentence says that something was built then: the site, or a house. */
  isCalledBuild: boolean
}

/** The difference between two texts that differ only in dates and hashes. */
export interface SmallDifference {
  /** Changed dates that may not be the time of a build, old and new as written. */
  dates: ChangedDate[]
  hasBuildTime: boolean
  hasFingerprint: boolean
}

/** Longer texts are not compared. Bytes. */
const MAX_BYTES = 4 * 1024 * 1024

const IS_TEXT = /\.(?:x?html?|xml|rss|atom|css|[cm]?js|json|webmanifest|txt|map|svg)$/i

/** Whether a changed file can have changed in noise alone; of all others every change counts. */
export function mayBeNoise(path: string): boolean {
  return IS_TEXT.test(path)
}

/**
 * Classifies noise: changes that readers do not notice.
 *
 * A change is noise when only these differ: a hash in a reference (`app.3f9a1c2b.js`, `?v=3`, `integrity`) or the time of
 * the build. A date is the time of a build only where that is certain: see `mask-dates.ts`. A change of any other date, such
 * as that of a post, is no noise.
 *
 * @param path its extension tells the type
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
  if (!mayBeNoise(path) || Math.max(before.byteLength, now.byteLength) > MAX_BYTES) return null
  if (isBinary(before) || isBinary(now)) return null
  const texts = [decodePage(before).text, decodePage(now).text] as const
  // A feed is compared as a whole: whether its dates are build times depends on all entries.
  const [oldText, freshText] = isPage(path) ? differingParts(...texts) : texts
  const old = maskFingerprints(oldText)
  const fresh = maskFingerprints(freshText)
  const [oldDates, freshDates] = [maskDates(old.text, path), maskDates(fresh.text, path)]
  if (oldDates.text !== freshDates.text) return null

  const difference: SmallDifference = { dates: [], hasBuildTime: false, hasFingerprint: false }
  for (const [at, hash] of fresh.hashes.entries()) {
    const was = old.hashes[at]
    if (!was || was.value === hash.value) continue
    // Eight letters may be a word. When the text before or after is certainly a hash, the other one is a hash too.
    if (!was.isCertain && !hash.isCertain) return null
    difference.hasFingerprint = true
  }
  compareDates(oldDates.dates, freshDates.dates, difference)
  return difference
}

/** Context kept around the difference: longer than a hash, and than a date with its label. Characters. */
const MARGIN = 1_000

/** The differing part of two texts, with MARGIN around it. */
function differingParts(a: string, b: string): [string, string] {
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
  /** Index of the last date that changed by itself. */
  let changedAt = -1
  for (const [at, { value, place, isOfDateBefore }] of fresh.entries()) {
    const from = old[at]?.value ?? ''
    if (place === 'entry') entries.push({ from, to: value, isChanged: from !== value })
    else if (from !== value) {
      // guard: content: that a house was built is no build time
      if (place === 'build' || (place === 'label' && isLaterBuild(from, value)))
        difference.hasBuildTime = true
      else {
        const isCalledBuild = place === 'sentence'
        const isOfChanged = isOfDateBefore && changedAt === at - 1
        // The day is the same, and the hour is another.
        const day = isCalledBuild && isOfDateBefore && !isOfChanged ? `${fresh[at - 1]?.value} ` : ''
        difference.dates.push({
          from: day + from,
          to: day + value,
          isOfDateBefore: isOfChanged,
          isCalledBuild
        })
        changedAt = at
      }
    }
  }
  // Each entry of a feed says when it was updated. When all have the same time, it is the build's.
  const changed = entries.filter(({ isChanged }) => isChanged)
  const isBuild =
    changed.length > 1 && changed.length === entries.length && new Set(changed.map(({ to }) => to)).size === 1
  if (isBuild) difference.hasBuildTime = true
  else
    difference.dates.push(
      ...changed.map(({ from, to }) => ({ from, to, isOfDateBefore: false, isCalledBuild: false }))
    )
}
