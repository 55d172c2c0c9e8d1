import { readIfThere, replaceFile } from '../disk/durable-file.js'
import { SitedriveError } from '../error.js'

/** One state of the site's two cores as this machine signed it. */
export interface SignedState {
  /** Length of the index core. */
  version: number
  fork: number
  /** Length of the blobs core. */
  blobsLength: number
}

/**
 * What this machine knows it has signed, kept beside the store and written before it.
 *
 * Signing one length twice with different content destroys a site for all readers. A store that was restored from an
 * older copy looks healthy; only this file tells that it is behind.
 */
export interface Head extends SignedState {
  /** Stands for every block of the index, hex: another store of the same length shows. null: not known. */
  indexHash: string | null
  /** The number of the last release that was completed here, 0 before the first. */
  release: number
  /** When that was, ISO 8601; not there before the first, and in files of older versions. */
  publishedAt?: string | undefined
  /** The key was minted here and its secret has never left this machine. */
  exclusive: boolean
  /** A publish that has begun and not ended: the furthest state that it may have signed. */
  intent: SignedState | null
}

/** The head of a key that was minted here a moment ago: nothing has ever been signed with it. */
export const NOTHING_SIGNED: Head = {
  version: 0,
  fork: 0,
  blobsLength: 0,
  indexHash: null,
  release: 0,
  exclusive: true,
  intent: null
}

/** @returns null when the machine has no head file: what was signed with this key is not known here */
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

/** Written and synced before it returns: the store may be touched only afterwards. */
export function writeHead(file: string, head: Head): void {
  replaceFile(file, `${JSON.stringify(head)}\n`)
}

function parse(text: string): Head | null {
  try {
    const head = JSON.parse(text) as Head
    const whole = isState(head) && Number.isSafeInteger(head.release) && typeof head.exclusive === 'boolean'
    const hasHash = head.indexHash === null || typeof head.indexHash === 'string'
    const hasTime = head.publishedAt === undefined || typeof head.publishedAt === 'string'
    return whole && hasHash && hasTime && (head.intent === null || isState(head.intent)) ? head : null
  } catch {
    return null
  }
}

function isState(value: unknown): value is SignedState {
  if (typeof value !== 'object' || value === null) return false
  const { version, fork, blobsLength } = value as SignedState
  return [version, fork, blobsLength].every((number) => Number.isSafeInteger(number) && number >= 0)
}
