import type { Summary } from '../content/content-types.js'
import type { Drive, DriveEntry } from '../holepunch/hyperdrive.js'
import { SitedriveError } from '../error.js'
import { isForkOrigin, type ForkOrigin } from '../project/project-file.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'

/** Which program wrote the files. */
export interface SiteGenerator {
  name: string
  version: string
}

/** Release numbers from one to another, both included. */
export type Span = readonly [first: number, last: number]

/** What a release says of the source that lies in it, below `/.well-known/source/`. */
export interface ReleasedSource {
  /** The commit that was checked out; null: there was none. */
  commit: string | null
  /** Some of the files are not as the commit has them. */
  isChanged: boolean
  files: number
  bytes: number
}

/** What a release says of itself: the metadata of the entry `/.well-known/sitedrive.json`, and its content. */
export interface ReleaseRecord {
  /** 1, 2, 3 … */
  release: number
  /** ISO 8601, UTC. */
  publishedAt: string
  generator: SiteGenerator | null
  added: number
  changed: number
  removed: number
  /** Files of the whole site after this release, and their bytes. */
  files: number
  bytes: number
  /** Titles of new and changed pages, at most 20. */
  titles: string[]
  /** What changed, for a reader, at most 300 characters. Older releases have none, and so have those that change no page. */
  words?: string
  /** The release whose files this one shows again. */
  rollbackOf: number | null
  /** The site that this one was made of. Not there when it is no fork. */
  fork?: ForkOrigin
  /** Not there when the release carries no source. */
  source?: ReleasedSource
  /**
   * Earlier releases whose content nobody holds any more, in rising order, at most 50 spans. Those of a span that begins with
   * release 1 lie below the site's floor. Not there when all is held.
   */
  lost?: Span[]
  /** The version that the release before this one ended at, 0 for the first. */
  previous: number
  /** Versions of releases n - 2, n - 4, n - 8 …: any release is found in a few steps. */
  skips: number[]
}

/** A release as found in a drive. */
export interface Release extends ReleaseRecord {
  /** The version that it ended at. */
  version: number
}

const MAX_TITLES = 20
const MAX_SPANS = 50
const MAX_TEXT_LENGTH = 300

/** How long a reader waits for an index block that must come from a peer. Milliseconds. */
const ENTRY_TIMEOUT_MS = 10_000

/** What a release record says of the meaning of its changes. */
export function recordedSummary(
  summary: Pick<Summary, 'titles' | 'words'> | null
): Pick<ReleaseRecord, 'titles' | 'words'> {
  const titles = (summary?.titles ?? []).slice(0, MAX_TITLES).map(shortened)
  return summary?.words ? { titles, words: shortened(summary.words) } : { titles }
}

/** Whether nobody holds the content of an earlier release any more, as a later one says. */
export function isLost({ lost = [] }: Pick<ReleaseRecord, 'lost'>, release: number): boolean {
  return lost.some(([first, last]) => first <= release && release <= last)
}

/** The spans of lost releases with one more. Beyond the most that a record may name, the oldest become one. */
export function withLost(spans: readonly Span[] = [], more: Span | null): Span[] {
  const merged: Span[] = []
  for (const [first, last] of [...spans, ...(more ? [more] : [])].toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) merged[merged.length - 1] = [before[0], Math.max(before[1], last)]
    else merged.push([first, last])
  }
  const over = merged.length - MAX_SPANS
  const [oldest, newestOver] = [merged[0], merged[over]]
  return over > 0 && oldest && newestOver ? [[oldest[0], newestOver[1]], ...merged.slice(over + 1)] : merged
}

/** The newest release, or null when nothing was ever published. */
export async function latestRelease(drive: Drive): Promise<Release | null> {
  if (drive.version < 2) return null
  const entry = await drive.entry(RECORD_PATH, ENTRY_TIMEOUT_MS)
  return entry && toRelease(entry, drive)
}

/**
 * A drive's releases, newest first. Needs the index alone.
 *
 * @throws {SitedriveError} RELEASE_CHAIN_INVALID when a record names an impossible predecessor; NOT_HELD when a block of the index
 *   is not here
 */
export async function* releases(drive: Drive): AsyncGenerator<Release> {
  let release = await latestRelease(drive)
  while (release) {
    yield release
    release = release.release === 1 ? null : await releaseAt(drive, release.previous, release, 1)
  }
}

/**
 * One release by its number, in about log2(newest - number) steps.
 *
 * @throws {SitedriveError} NO_SUCH_RELEASE, RELEASE_CHAIN_INVALID, NOT_HELD
 */
export async function findRelease(drive: Drive, number: number): Promise<Release> {
  let release = await latestRelease(drive)
  if (!release || !Number.isInteger(number) || number < 1 || number > release.release) {
    throw new SitedriveError(
      'NO_SUCH_RELEASE',
      release
        ? `There is no release \`${number}\`: this site has releases 1 to ${release.release}. \`npx sitedrive log\` lists them.`
        : `There is no release \`${number}\`: nothing has been published yet.`
    )
  }
  while (release.release !== number) {
    const { step, version } = longestStep(release, number)
    release = await releaseAt(drive, version, release, step)
  }
  return release
}

/** The skip links of the release that follows `latest`. */
export async function nextSkips(drive: Drive, latest: Release | null): Promise<number[]> {
  const skips: number[] = []
  if (!latest) return skips
  const next = latest.release + 1
  // next - 2^k is 2^(k-1) before next - 2^(k-1), and that one has just been found.
  let from: Release = latest
  for (let step = 2; next - step >= 1; step *= 2) {
    from = await walkBack(drive, from, next - step)
    skips.push(from.version)
  }
  return skips
}

async function walkBack(drive: Drive, from: Release, number: number): Promise<Release> {
  let release = from
  while (release.release !== number) {
    const { step, version } = longestStep(release, number)
    release = await releaseAt(drive, version, release, step)
  }
  return release
}

function longestStep(release: Release, target: number): { step: number; version: number } {
  let best = { step: 1, version: release.previous }
  release.skips.forEach((version, k) => {
    const step = 2 ** (k + 1)
    if (release.release - step >= target) best = { step, version }
  })
  return best
}

/** Reads the record at a version that `from` names as the release `step` before it; trusts none of it. */
async function releaseAt(drive: Drive, version: number, from: Release, step: number): Promise<Release> {
  const invalid = (why: string, cause?: unknown) =>
    new SitedriveError(
      'RELEASE_CHAIN_INVALID',
      `Release ${from.release} of \`${drive.key}\` says that release ${from.release - step} ended at version ${version}, but ${why}. ` +
        'Its history was not written by sitedrive, or it is damaged.',
      { cause }
    )
  if (version < 2 || version >= from.version) throw invalid('a release can only follow an earlier version')
  const old = drive.at(version)
  try {
    const entry = await old.entry(RECORD_PATH, ENTRY_TIMEOUT_MS).catch((error: unknown) => {
      // guard: a release whose index is not here is not called damaged
      if (!(error instanceof SitedriveError) || error.code !== 'DRIVE_CORRUPT') throw error
      throw invalid('no release ends there', error)
    })
    const release = entry && toRelease(entry, drive)
    // guard: a hostile history is a typed error
    if (release?.version !== version) throw invalid('no release ends there')
    if (release.release !== from.release - step) throw invalid(`release ${release.release} ends there`)
    return release
  } finally {
    await old.close()
  }
}

function toRelease(entry: DriveEntry, drive: Drive): Release {
  const record = entry.metadata
  if (!isRecord(record)) {
    throw new SitedriveError(
      'RELEASE_CHAIN_INVALID',
      `The release record of \`${drive.key}\` at version ${entry.seq + 1} is not one that sitedrive writes.`
    )
  }
  const { titles, words, generator, publishedAt, ...facts } = record
  // Anybody may have written it: what it says is shown, and must not fill a page.
  const said = recordedSummary({ titles, words: typeof words === 'string' ? words : '' })
  // The record is the last entry of its batch, so the release ends right behind it.
  return {
    ...facts,
    publishedAt: shortened(publishedAt),
    generator: generator && { name: shortened(generator.name), version: shortened(generator.version) },
    ...said,
    version: entry.seq + 1
  }
}

function shortened(text: string): string {
  // guard: record: words are cut
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH - 1)}…` : text
}

function isRecord(value: unknown): value is ReleaseRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  const counts = ['release', 'added', 'changed', 'removed', 'files', 'bytes', 'previous'].map(
    (name) => record[name]
  )
  return (
    counts.every(isCount) &&
    record['release'] !== 0 &&
    typeof record['publishedAt'] === 'string' &&
    isGenerator(record['generator']) &&
    Array.isArray(record['titles']) &&
    record['titles'].every((title) => typeof title === 'string') &&
    (record['rollbackOf'] === null || isCount(record['rollbackOf'])) &&
    (record['lost'] === undefined || isSpans(record['lost'])) &&
    (record['source'] === undefined || isSource(record['source'])) &&
    (record['fork'] === undefined || (isForkOrigin(record['fork']) && isKeyText(record['fork'].of))) &&
    Array.isArray(record['skips']) &&
    record['skips'].length < 53 &&
    record['skips'].every(isCount)
  )
}

function isSpans(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_SPANS) return false
  return value.every(
    (span) => Array.isArray(span) && span.length === 2 && span.every(isCount) && span[0] <= span[1]
  )
}

/** A key as sitedrive writes it: z-base-32. It is shown, and whoever wrote the record chose it. */
function isKeyText(text: string): boolean {
  return /^[ybndrfg8ejkmcpqxot1uwisza345h769]{52}$/.test(text)
}

function isSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { commit, isChanged, files, bytes } = value as Record<string, unknown>
  const isCommit = commit === null || (typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit))
  return isCommit && typeof isChanged === 'boolean' && isCount(files) && isCount(bytes)
}

function isGenerator(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  const { name, version } = value as Record<string, unknown>
  return typeof name === 'string' && typeof version === 'string'
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
