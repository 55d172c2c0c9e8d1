/** Every way in which sitedrive can fail, as a closed set. Match on these words, never on messages. */
export type SitedriveErrorCode =
  | 'ABORTED'
  | 'BAD_KEY'
  | 'BAD_LINK'
  | 'BAD_NAME'
  | 'BAD_OPTION'
  | 'BAD_SECRET'
  | 'CHECKS_FAILED'
  | 'COMMAND_FAILED'
  | 'CONFIG_INVALID'
  | 'CONFIG_EXISTS'
  | 'DATA_DIR_UNUSABLE'
  | 'DAT_LINK'
  | 'DIR_EMPTY'
  | 'DIR_INVALID'
  | 'DIR_IS_PROJECT'
  | 'DIR_MISSING'
  | 'DIR_OVERLAP'
  | 'DISK_FULL'
  | 'DRIVE_CORRUPT'
  | 'FILE_CHANGED'
  | 'FILE_UNREADABLE'
  | 'HEAD_INVALID'
  | 'HOST_TOO_OLD'
  | 'LOCK_TIMEOUT'
  | 'NETWORK_FAILED'
  | 'NODE_TOO_OLD'
  | 'NOT_A_FORK'
  | 'NOT_BOUND'
  | 'NOT_FOUND'
  | 'NOT_HELD'
  | 'NO_PAGES'
  | 'NO_PROJECT'
  | 'NO_SECRET'
  | 'NO_SOURCE'
  | 'NO_SUCH_RELEASE'
  | 'OVERTAKEN'
  | 'PATH_TWINS'
  | 'PREVIEW_RUNNING'
  | 'PROJECT_READ_ONLY'
  | 'RELEASE_CHAIN_INVALID'
  | 'SECRET_FOUND'
  | 'SEED_UNREACHABLE'
  | 'SHRINK_REFUSED'
  | 'STORE_BEHIND'
  | 'STORE_COPIED'
  | 'STORE_EMPTY'
  | 'STORE_FAILED'
  | 'STORE_LOCKED'
  | 'SYMLINK_LOOP'
  | 'UNCONFIRMED'

/** What a person may allow, or do, so that a refused publish goes on. */
export type RemedyAction =
  'allow empty' | 'allow shrink' | 'allow project' | 'allow no-pages' | 'accept loss' | 'checks off' | 'sync'

/** A way on that has a flag, a variable or an option. Its name is known to the program that prints the error, not to core. */
export interface Remedy {
  action: RemedyAction
  /** One sentence for people. `{}` stands where the flag, variable or option belongs. */
  sentence: string
}

/**
 * The one error class of sitedrive. The message says what failed, with which value, why, and what to do next; where that takes
 * a flag, `remedy` says so.
 */
export class SitedriveError extends Error {
  readonly code: SitedriveErrorCode
  readonly remedy: Remedy | null

  constructor(code: SitedriveErrorCode, message: string, options?: { cause?: unknown; remedy?: Remedy }) {
    super(message, options)
    this.name = 'SitedriveError'
    this.code = code
    this.remedy = options?.remedy ?? null
  }
}

/** An error, or what a report says of one. */
export interface Failed {
  message: string
  remedy?: Remedy | null
}

/**
 * The message of an error with its remedy behind it.
 *
 * @param names how the program that prints it names each action, such as `` `--accept-loss` ``
 */
export function messageWithRemedy(
  { message, remedy }: Failed,
  names: Readonly<Record<RemedyAction, string>>
): string {
  if (!remedy) return message
  return `${message} ${remedy.sentence.replace('{}', () => names[remedy.action])}`
}

/** The `code` of a Node.js or library error, or an empty string. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return String(error.code)
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Throws ABORTED when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new SitedriveError(
      'ABORTED',
      'Stopped before the publish was complete; readers still see the last release.',
      {
        cause: signal.reason
      }
    )
  }
}
