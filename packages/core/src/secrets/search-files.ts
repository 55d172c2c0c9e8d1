import { hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { codeOf, SitedriveError } from '../error.js'
import { GROUP_BYTES, readInto, readLarge } from '../folder/file-bytes.js'
import type { FileStamp, WalkedFile } from '../folder/walk.js'
import type { FoundSecret, SecretInFile } from '../project/allowed-secrets.js'
import { findKeyStore, mayBeKeyStore } from './find-key-store.js'
import { MAX_KEY_BYTES } from './find-private-keys.js'
import { countLines, SecretFinder, type KnownSecrets } from './secret-finder.js'
import { searchable, SNIFF_BYTES, textKind } from './text-of.js'

/** Files to search. Plain data, so that several threads can share the work. */
export interface FilesToSearch {
  dir: string
  files: readonly WalkedFile[]
  /** Number of files that the threads have taken so far: one shared 32-bit integer. */
  taken: SharedArrayBuffer
  /** Hashes of content that is already published; it is not searched. */
  published: ReadonlySet<string>
  known: KnownSecrets
}

export interface Searched {
  /** By path: sha256 of the searched bytes, base64url; null for files that are not text, and for large files. */
  hashes: Map<string, string | null>
  secrets: SecretInFile[]
}

/** Number of files that a thread takes at a time. */
const TAKEN_AT_ONCE = 32

/**
 * Searches files for secrets until all are taken, by this thread or another. A file that changed since its stamp, or cannot be
 * read, is missing from the result: the publish reports the same error.
 */
export async function searchFiles(
  { dir, files, taken, published, known }: FilesToSearch,
  signal?: AbortSignal
): Promise<Searched> {
  const finder = new SecretFinder(known)
  // One buffer for all files: thousands of buffers would take long to be garbage collected.
  const buffer = Buffer.allocUnsafeSlow(GROUP_BYTES)
  const counter = new Int32Array(taken)
  const searched: Searched = { hashes: new Map(), secrets: [] }
  for (;;) {
    const first = Atomics.add(counter, 0, TAKEN_AT_ONCE)
    if (first >= files.length || signal?.aborted) return searched
    for (const file of files.slice(first, first + TAKEN_AT_ONCE)) {
      try {
        const { hash: hashed, found } = await searchFile(
          dir + file.path,
          file,
          published,
          finder,
          buffer,
          signal
        )
        searched.hashes.set(file.path, hashed)
        for (const secret of found) searched.secrets.push({ ...secret, path: file.path })
      } catch (error) {
        if (!(error instanceof SitedriveError) && codeOf(error) === '') throw error
      }
    }
    await nextTurn()
  }
}

interface SearchedFile {
  hash: string | null
  found: FoundSecret[]
}

async function searchFile(
  file: string,
  stamp: WalkedFile,
  published: ReadonlySet<string>,
  finder: SecretFinder,
  buffer: Buffer,
  signal: AbortSignal | undefined
): Promise<SearchedFile> {
  // Only the beginning of pictures and the like is read.
  const isLong = stamp.size > SNIFF_BYTES * 2
  if (isLong && !mayBeKeyStore(stamp.path) && textKind(headOf(file)) === null)
    return { hash: null, found: [] }
  if (stamp.size > GROUP_BYTES) return { hash: null, found: await searchLarge(file, stamp, finder, signal) }
  const bytes = buffer.subarray(0, stamp.size)
  readInto(bytes, file, stamp)
  const hashed = hash('sha256', bytes, 'base64url')
  return { hash: hashed, found: published.has(hashed) ? [] : await searchBytes(bytes, stamp.path, finder) }
}

/** Finds secrets in the bytes of a whole file. */
export async function searchBytes(bytes: Buffer, path: string, finder: SecretFinder): Promise<FoundSecret[]> {
  const found: FoundSecret[] = []
  if (mayBeKeyStore(path)) {
    findKeyStore(path, bytes, ({ rule, what, value }) =>
      found.push({ rule, what, line: null, fingerprint: finder.fingerprintOf(value) })
    )
  }
  const kind = textKind(bytes)
  if (kind === null) return found
  return [...found, ...(await finder.find({ bytes: searchable(bytes, kind), linesBefore: 0 }, true))]
}

/** Searches a file piece by piece. Each piece begins with the end of the one before, to find secrets across the border. */
async function searchLarge(
  file: string,
  stamp: FileStamp,
  finder: SecretFinder,
  signal: AbortSignal | undefined
): Promise<FoundSecret[]> {
  const found = new Map<string, FoundSecret>()
  const kind = textKind(headOf(file))
  if (kind === null) return []
  let kept: Buffer = Buffer.alloc(0)
  let linesBefore = 0
  await readLarge(
    file,
    stamp,
    async (group) => {
      // guard: secrets: pieces of a large file overlap
      const bytes = Buffer.concat([kept, searchable(group, kind)])
      for (const secret of await finder.find({ bytes, linesBefore }, false)) {
        if (!found.has(secret.fingerprint)) found.set(secret.fingerprint, secret)
      }
      const searched = Math.max(0, bytes.byteLength - MAX_KEY_BYTES)
      linesBefore += countLines(bytes.subarray(0, searched))
      kept = bytes.subarray(searched)
    },
    signal
  )
  return [...found.values()]
}

function headOf(file: string): Buffer {
  const fd = openSync(file, 'r')
  try {
    const head = Buffer.allocUnsafe(SNIFF_BYTES)
    return head.subarray(0, readSync(fd, head, 0, SNIFF_BYTES, 0))
  } finally {
    closeSync(fd)
  }
}
