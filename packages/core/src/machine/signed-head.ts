import { readIfThere, replaceFile } from '../disk/durable-file.js'
import { SitedriveError } from '../error.js'

/** One state of the site's two cores that this machine signed. */
export interface SignedState {
  /** Length of the index core. */
  version: number
  fork: number
  /** Length of the blobs core. */
  blobsLength: number
}

/**
 * The record of what this machine has signed. It is a file beside the store, and is written before the store.
 *
 * If one length is signed twice with different content, the site is destroyed for all readers. A store that was restored from
 * an older copy looks intact; only this file shows that it is behind.
 */
export interface Head extends SignedState {
  /** The tree hash over all blocks of the index, hex. It detects another store of the same length. null: not known. */
  indexHash: string | null
  /** The number of the last release that was completed here, 0 before the first. */
  release: number
  /** The time of that release, ISO 8601. Not set before the first release and in files of older versions. */
  publishedAt?: string | undefined
  /** A release of this machine that another one took the place of, before its author was told. Not set: there is none. */
  untold?: { release: number; publishedAt: string } | undefined
  /** The key was created here, and its secret has never left this machine. */
  exclusive: boolean
  /** The furthest state that an unfinished publish may have signed; null: no publish is unfinished. */
  intent: SignedState | null
}

/** The head of a new key, with which nothing has been signed. */
export const NOTHING_SIGNED: Head = {
  version: 0,
  fork: 0,
  blobsLength: 0,
  indexHash: null,
  release: 0,
  exclusive: true,
  intent: null
}

/**
 * Reads the head file.
 *
 * @returns null when there is none: it is not known what was signed with this key
 * @throws {SitedriveError} HEAD_INVALID when the file is damaged
 */
export function readHead(file: string): Head | null {
  const text = readIfThere(file)
  if (text === null) return null
  const head = parse(text)
  if (!head) {
    throw new SitedriveError(
      'HEAD_INVALID',
      `\`${file}\` is damaged, so what this machine has signed is not known. Remove it.`,
      {
        remedy: {
          action: 'accept loss',
          sentence: 'Then publish with {}: the site goes on from what its store holds.'
        }
      }
    )
  }
  return head
}

/** Reads the head file; null when there is none, or it is damaged: a person must be able to make a backup anyway. */
export function readValidHead(file: string): Head | null {
  try {
    return readHead(file)
  } catch (error) {
    if (error instanceof SitedriveError) return null
    throw error
  }
}

/** Writes and syncs the head file. The store may be changed only after this returns. */
export function writeHead(file: string, head: Head): void {
  replaceFile(file, `${JSON.stringify(head)}\n`)
}

function parse(text: string): Head | null {
  try {
    const head = JSON.parse(text) as Head
    const whole = isState(head) && Number.isSafeInteger(head.release) && typeof head.exclusive === 'boolean'
    const hasHash = head.indexHash === null || typeof head.indexHash === 'string'
    const hasTime = head.publishedAt === undefined || typeof head.publishedAt === 'string'
    const { untold } = head
    const hasUntold =
      untold === undefined || (Number.isSafeInteger(untold.release) && typeof untold.publishedAt === 'string')
    return whole && hasHash && hasTime && hasUntold && (head.intent === null || isState(head.intent))
      ? head
      : null
  } catch {
    return null
  }
}

function isState(value: unknown): value is SignedState {
  if (typeof value !== 'object' || value === null) return false
  const { version, fork, blobsLength } = value as SignedState
  return [version, fork, blobsLength].every((number) => Number.isSafeInteger(number) && number >= 0)
}
