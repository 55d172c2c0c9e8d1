import type { Change } from '../folder/compare.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { countChanges, type OutcomeFacts } from '../outcome/outcome.js'
import type { Project } from '../project/project-file.js'
import { factsOf, indexOps, releaseFacts } from './publish-build.js'
import { SOURCE_DIR } from '../holepunch/reserved-paths.js'
import { findRelease } from '../release/release-record.js'
import { totals, type KnownFile } from '../folder/scan-cache.js'
import { listFiles, listSource } from '../session/known-files.js'
import type { SiteSession } from '../session/site-session.js'

/**
 * Makes a new release with the files of an old one. Its entries point at the old blobs, so no file is uploaded.
 *
 * @throws {SitedriveError} NO_SUCH_RELEASE, RELEASE_CHAIN_INVALID
 */
export async function rollBack(
  number: number,
  session: SiteSession,
  project: Project,
  signal: AbortSignal | undefined
): Promise<{ facts: OutcomeFacts; changes: Change[] }> {
  const target = await findRelease(session.writer, number)
  const { content } = session
  // guard: rollback: a release whose content is lost is refused
  if (content.isLost(number)) throw lostRelease(number, session.latest?.release ?? number)
  const { files, source } = await filesAt(session, target.version)
  const changes = differences(session.known, files)
  const sourceChanges = differences(inDrive(await listSource(session.writer)), source)
  if (changes.length === 0 && sourceChanges.length === 0) {
    const state = await session.writer.state()
    return {
      facts: factsOf(
        project,
        { ...state, release: session.latest?.release ?? 0 },
        session.webAddress(project)
      ),
      changes
    }
  }
  throwIfAborted(signal)
  // guard: rollback: what is pointed at is read and compared
  await content.prove([
    ...changes.flatMap(({ op, path }) => (op === 'remove' ? [] : provable(path, files))),
    ...sourceChanges.flatMap(({ op, path }) => (op === 'remove' ? [] : provable(path, source)))
  ])
  await session.begin({ blocks: 0, entries: changes.length + sourceChanges.length })
  const { release, seeds } = await session.finish(
    [...indexOps(changes, files), ...indexOps(sourceChanges, source)],
    {
      ...countChanges(changes),
      ...totals(files),
      generator: null,
      titles: [],
      words: `back to release ${number}`,
      rollbackOf: number,
      ...(project.fork && { fork: project.fork }),
      ...(target.source && { source: target.source })
    },
    files
  )
  return { facts: await releaseFacts(project, session, release, { seeds, bytesWritten: 0 }), changes }
}

function lostRelease(number: number, latest: number): SitedriveError {
  return new SitedriveError(
    'NOT_HELD',
    `The content of release ${number} is held neither on this machine nor by a seed any more. Nothing was published. ` +
      `\`npx sitedrive log\` shows which of the releases 1 to ${latest} are held.`
  )
}

function provable(path: string, files: ReadonlyMap<string, KnownFile>): [string, KnownFile][] {
  const file = files.get(path)
  return file ? [[path, file]] : []
}

/** @returns the files of the site, and those of its source, by their paths in the drive */
async function filesAt(
  session: SiteSession,
  version: number
): Promise<Record<'files' | 'source', Map<string, KnownFile>>> {
  const old = session.writer.at(version)
  try {
    return { files: await listFiles(old), source: inDrive(await listSource(old)) }
  } finally {
    await old.close()
  }
}

function inDrive(source: ReadonlyMap<string, KnownFile>): Map<string, KnownFile> {
  return new Map([...source].map(([path, file]) => [SOURCE_DIR + path, file]))
}

function differences(from: ReadonlyMap<string, KnownFile>, to: ReadonlyMap<string, KnownFile>): Change[] {
  const changes: Change[] = []
  for (const [path, { hash, blob }] of to) {
    const before = from.get(path)
    if (before?.hash !== hash) changes.push({ op: before ? 'change' : 'add', path, bytes: blob.byteLength })
  }
  for (const [path, { blob }] of from)
    if (!to.has(path)) changes.push({ op: 'remove', path, bytes: blob.byteLength })
  return changes
}
