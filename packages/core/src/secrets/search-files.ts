import { hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { codeOf, SitedriveError } from '../error.js'
import { GROUP_BYTES, readLarge, readSmall } from '../file-bytes.js'
import type { FileStamp, WalkedFile } from '../walk.js'
import type { FoundSecret, SecretInFile } from './contract.js'
import { findKeyStore, mayBeKeyStore } from './find-key-store.js'
import { MAX_KEY_BYTES } from './find-private-keys.js'
import { countLines, SecretFinder, type KnownSecrets } from './secret-finder.js'
import { searchable, SNIFF_BYTES, textKind } from './text-of.js'

/** Files to be searched. Plain data: it may go to another thread. */
export interface FilesToSearch {
  dir: string
  files: readonly WalkedFile[]
  /** Content that is published already, by its hash: it is not searched. */
  published: ReadonlySet<string>
  known: KnownSecrets
}

export interface Searched {
  /** By path: sha256 of the bytes that were looked at, base64url; null of what is no text, and of large files. */
  hashes: Map<string, string | null>
  secrets: SecretInFile[]
}

/**
 * Searches files for secrets. One that is not the file of its stamp any more, or cannot be read, is missing from the
 * result: whoever publishes it meets the same fault.
 */
export async function searchFiles(
  { dir, files, published, known }: FilesToSearch,
  signal?: AbortSignal
): Promise<Searched> {
  const finder = new SecretFinder(known)
  const searched: Searched = { hashes: new Map(), secrets: [] }
  for (const file of files) {
    if (signal?.aborted) break
    let hashed: string | null
    let found: FoundSecret[]
    try {
      ;({ hash: hashed, found } = await searchFile(dir + file.path, file, published, finder, signal))
    } catch (error) {
      if (error instanceof SitedriveError || codeOf(error) !== '') continue
      throw error
    }
    searched.hashes.set(file.path, hashed)
    for (const secret of found) searched.secrets.push({ ...secret, path: file.path })
  }
  return searched
}

interface SearchedFile {
  hash: string | null
  found: FoundSecret[]
}

const NOT_TEXT: SearchedFile = { hash: null, found: [] }

async function searchFile(
  file: string,
  stamp: WalkedFile,
  published: ReadonlySet<string>,
  finder: SecretFinder,
  signal: AbortSignal | undefined
): Promise<SearchedFile> {
  const isStore = mayBeKeyStore(stamp.path)
  // Of pictures and the like only the beginning is read.
  if (!isStore && stamp.size > SNIFF_BYTES * 2 && textKind(headOf(file)) === null) return NOT_TEXT
  if (stamp.size > GROUP_BYTES) return { hash: null, found: await searchLarge(file, stamp, finder, signal) }
  const { bytes, hash: hashed } = readSmall(file, stamp)
  if (published.has(hashed)) return { hash: hashed, found: [] }
  return { hash: hashed, found: await searchBytes(bytes, stamp.path, finder) }
}

/** What stands in the bytes of a whole file. */
export async function searchBytes(bytes: Buffer, path: string, finder: SecretFinder): Promise<FoundSecret[]> {
  const found: FoundSecret[] = []
  if (mayBeKeyStore(path)) {
    findKeyStore(path, bytes, ({ rule, what, value }) =>
      found.push({ rule, what, line: null, fingerprint: hash('sha256', value, 'hex').slice(0, 12) })
    )
  }
  const kind = textKind(bytes)
  if (kind === null) return found
  return [...found, ...(await finder.find({ bytes: searchable(bytes, kind), linesBefore: 0 }, true))]
}

/** Piece by piece; what lies across two is found in the second, which begins with the end of the first. */
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
