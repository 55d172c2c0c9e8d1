import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Finding, SiteView } from '../content/content-types.js'
import { dataDir } from '../machine/data-dir.js'
import { throwIfAborted } from '../error.js'
import { notAllowed } from '../project/allowed-secrets.js'
import type { SecretInFile } from '../project/allowed-secrets.js'
import { knownSecrets } from './known-secrets.js'
import { SecretFinder } from './secret-finder.js'
import { searchBytes } from './search-files.js'
import { findingOf } from './secrets-found.js'

export interface SecretFindingsInput {
  now: SiteView
  /** Paths of new and changed files. */
  changed: Iterable<string>
  /** Hashes of content that is already published. */
  published: ReadonlySet<string>
  projectDir: string
  env: NodeJS.ProcessEnv
  /** Exceptions of `sitedrive.json`. */
  allow: readonly string[]
  signal?: AbortSignal | undefined
}

/** A review searches only the beginning of a larger file; a publish searches all of it. Bytes. */
const MAX_BYTES = 16_000_000
/** After this many bytes other work may run. */
const TURN_BYTES = 1_000_000

/**
 * The secrets that a publish would be refused for, as findings of a review.
 *
 * @throws {SitedriveError} ABORTED
 */
export async function secretFindings(input: SecretFindingsInput): Promise<Finding[]> {
  const { now, changed, published, signal } = input
  const known = await knownSecrets(dataDir(input.env), input.projectDir, input.env)
  const finder = new SecretFinder(known)
  const secrets: SecretInFile[] = []
  let read = 0
  for (const path of changed) {
    const file = now.files.get(path)
    if (!file || published.has(file.hash)) continue
    const bytes = await now.read(path, MAX_BYTES)
    for (const secret of bytes
      ? await searchBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), path, finder)
      : [])
      secrets.push({ ...secret, path })
    read += bytes?.byteLength ?? 0
    if (read < TURN_BYTES) continue
    read = 0
    await nextTurn()
    throwIfAborted(signal)
  }
  return notAllowed(secrets, input.allow, known.isKeyed).map((secret) => findingOf(secret, known.isKeyed))
}
