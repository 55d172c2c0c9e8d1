import { existsSync } from 'node:fs'
import type { Allowances } from './allowances.js'
import type { BlobSink } from '../folder/blob-sink.js'
import {
  compare,
  isSameSite,
  mostWritten,
  type Change,
  type ComparedFile,
  type Comparison
} from '../folder/compare.js'
import type { Summary } from '../content/content-types.js'
import type { SitePaths } from '../machine/data-dir.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { readHead } from '../machine/signed-head.js'
import type { IndexOp } from '../holepunch/index-op.js'
import { countChanges, linkOf, type OutcomeFacts } from '../outcome/outcome.js'
import type { OnProgress } from '../progress.js'
import { isConfirmedBy, type Project } from '../project/project-file.js'
import { recordedSummary, type SiteGenerator, type Release } from '../release/release-record.js'
import { totals, writeScanCache, type KnownFile, type ScanCache } from '../folder/scan-cache.js'
import type { SecretSearch } from '../secrets/secret-search.js'
import { refuseShrinking } from './refuse-shrinking.js'
import type { SiteSession } from '../session/site-session.js'
import type { SourcePublish } from '../source/source-publish.js'
import { webAddressOf } from '../project/web-addresses.js'
import type { Walk } from '../folder/walk.js'
import { mayBeLocked } from '../machine/writer-process-lock.js'

export interface BuildToPublish {
  project: Project
  generator: SiteGenerator | null
  allow: Allowances
  /** Asks a person a question; null: there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
  onProgress: OnProgress | undefined
  signal: AbortSignal | undefined
  /** Paths whose names were made of their content. */
  fingerprinted: ReadonlySet<string>
  /** Searches all content for secrets before it is published. */
  secrets: Pick<SecretSearch, 'refuse' | 'assertSearched'>
  /** What of the project's source is published with it. */
  source: SourcePublish
}

export interface PublishedWalk {
  facts: OutcomeFacts
  /** The new release; null: the folder equals the newest release, and `facts` describe that one. */
  made: { changes: Change[]; undoesRollbackTo: number | null; summary: Summary | null } | null
}

/** Summarises a comparison for readers; null when no summary could be made. */
export type Summarise = (comparison: Comparison, session: SiteSession) => Promise<Summary | null>

/**
 * Compares a folder with the newest release without the store: loads no native module and takes no lock. Updates the stamps of
 * rewritten files in the cache.
 *
 * @returns the facts when the folder equals the release; `different` when it does not; `unknown` when the store is needed
 */
export async function unchangedFacts(
  found: Walk,
  paths: SitePaths,
  cache: ScanCache | null,
  { project, source, signal }: Pick<BuildToPublish, 'project' | 'source' | 'signal'>
): Promise<OutcomeFacts | 'different' | 'unknown'> {
  if (
    !cache ||
    !isConfirmedBy(project, cache.confirmedBy) ||
    mayBeLocked(paths.lock) ||
    !existsSync(paths.store)
  )
    return 'unknown'
  const head = readHead(paths.head)
  if (!head || head.intent || head.version !== cache.version || head.fork !== cache.fork) return 'unknown'
  const { same, restamped } = await isSameSite(found, cache.files, signal)
  if (!same) return 'different'
  if (restamped) writeScanCache(paths.cache, cache)
  if (!(await source.isUnchanged(head, signal))) return 'unknown'
  return factsOf(project, cache, webAddressOf(project, paths))
}

/**
 * Publishes a folder as the site's next release.
 *
 * @throws {SitedriveError} SHRINK_REFUSED, SECRET_FOUND, and the errors of reading the folder and writing the store
 */
export async function publishWalk(
  found: Walk,
  session: SiteSession,
  build: BuildToPublish,
  summarise: Summarise
): Promise<PublishedWalk> {
  const { project, generator, onProgress, signal, secrets, source } = build
  const { known, latest } = session
  const removed = countRemoved(found, known)
  // guard: removing more than half of a site asks
  await refuseShrinking(found, known, build)
  // guard: secrets: a publish is refused before the first signature
  const exceptions = project.secrets?.allow ?? []
  await secrets.refuse(found, known, exceptions)
  const ofSource = await source.prepare(session, exceptions)

  const ofSite = mostWritten(found.files, known)
  const most = {
    blocks: ofSite.blocks + ofSource.blocks,
    entries: ofSite.entries + removed + ofSource.entries
  }
  let sink: BlobSink | null = null
  const sinkOf = async () => (sink ??= await session.begin(most))

  const comparison = await compare(
    found,
    known,
    (path, hash) => {
      // guard: secrets: what is stored is what was searched
      secrets.assertSearched(path, hash)
      return sinkOf()
    },
    { onProgress, signal }
  )
  const { changes, files } = comparison
  const whole = files as Map<string, KnownFile> // with a sink, every file has its blob
  const hasNewSource = await source.store(sinkOf, signal)
  if (changes.length === 0 && !hasNewSource && latest) {
    const at = { ...(await session.writer.state()), release: latest.release }
    session.remember(whole, at)
    source.remember(at)
    const seeds = await session.sync()
    return { facts: { ...factsOf(project, at, session.webAddress(project)), seeds }, made: null }
  }
  throwIfAborted(signal)
  const bytesWritten = (await sinkOf()).bytes
  const summary = await summarise(comparison, session)
  onProgress?.({ phase: 'index', done: 0, total: changes.length, bytes: bytesWritten })
  const mtimes = new Map(found.files.map(({ path, mtimeMs }) => [path, Math.round(mtimeMs)]))
  const { release, seeds } = await session.finish(
    both(
      indexOps(changes, whole, (path) => ({
        mtime: mtimes.get(path) ?? null,
        // Of others nothing is said: perhaps the generator does not know.
        ...(build.fingerprinted.has(path) && { fingerprinted: true as const })
      })),
      source.ops()
    ),
    {
      ...countChanges(changes),
      ...totals(whole),
      generator,
      ...recordedSummary(summary),
      rollbackOf: null,
      ...(project.fork && { fork: project.fork }),
      ...source.record
    },
    whole
  )
  source.remember({ ...(await session.writer.state()), release: release.release })
  return {
    facts: await releaseFacts(project, session, release, { seeds, bytesWritten }),
    made: { changes, undoesRollbackTo: latest?.rollbackOf ?? null, summary }
  }
}

function* both<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first
  yield* second
}

/** What an entry of the index says of its file besides the hash. */
export interface FileRemarks {
  /** When the author's machine wrote it, milliseconds since 1970; null: unknown. */
  mtime: number | null
  /** The name was made of the content. Not there when that is not known. */
  fingerprinted?: true
}

const NO_REMARKS: FileRemarks = { mtime: null }

/** The index operations for a list of changes. */
export function* indexOps(
  changes: readonly Change[],
  files: ReadonlyMap<string, ComparedFile>,
  remarksOn: (path: string) => FileRemarks = () => NO_REMARKS
): Generator<IndexOp> {
  for (const { op, path } of changes) {
    const file = files.get(path)
    if (op === 'remove') yield { path, blob: null }
    else if (file?.blob) yield { path, blob: file.blob, metadata: { hash: file.hash, ...remarksOn(path) } }
    else
      throw new SitedriveError(
        'STORE_FAILED',
        `\`${path}\` was not stored. Nothing was published; build again.`
      )
  }
}

/** The facts of a publish that changed nothing. */
export function factsOf(
  project: Project,
  at: { release: number; version: number; fork: number },
  mirror: string | null
): OutcomeFacts {
  return {
    key: project.key,
    link: linkOf(project.key),
    mirror,
    release: at.release,
    version: at.version,
    fork: at.fork,
    added: 0,
    changed: 0,
    removed: 0,
    bytesWritten: 0,
    durationMs: 0,
    seeds: []
  }
}

/** The facts of a new release. */
export async function releaseFacts(
  project: Project,
  session: SiteSession,
  release: Release,
  sent: Pick<OutcomeFacts, 'seeds' | 'bytesWritten'>
): Promise<OutcomeFacts> {
  const { added, changed, removed } = release
  const { fork } = await session.writer.state()
  const facts = factsOf(project, { ...release, fork }, session.webAddress(project))
  return { ...facts, ...sent, added, changed, removed }
}

function countRemoved(found: Walk, known: ReadonlyMap<string, KnownFile>): number {
  return known.size - found.files.filter(({ path }) => known.has(path)).length
}
