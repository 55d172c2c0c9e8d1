// What the parts of the search for secrets have in common: types only.

/** The kinds of secret, by the names that an exception in `sitedrive.json` uses. */
export type SecretRule =
  | 'private-key'
  | 'key-store'
  | 'cloud-key'
  | 'forge-token'
  | 'service-token'
  | 'url-password'
  | 'env-value'
  | 'env-file'
  | 'site-secret'
  | 'backup-words'
  | 'preview-link'

/** Something that must not go out. It never carries the value, nor any part of it. */
export interface FoundSecret {
  rule: SecretRule
  /** Such as `a GitHub token`. */
  what: string
  /** In the file, from 1; null in a file that has no lines. */
  line: number | null
  /**
   * 12 hex digits: the same value is known again, and another one is not it. It is keyed, so that nobody who reads it can try
   * guesses against it.
   */
  fingerprint: string
}

export interface SecretInFile extends FoundSecret {
  /** In the drive. */
  path: string
}

/** A value that is known to be a secret, wherever it stands. */
export interface KnownSecret {
  rule: SecretRule
  what: string
  value: string
}

/** A piece of text, byte for byte, so that a place in it is a place in the file. */
export interface SearchedText {
  bytes: Buffer
  /** Lines that come before it in its file. */
  linesBefore: number
}

/** Takes what was found: the place of its first byte, and the value as it is to be known again. */
export type Report = (secret: { rule: SecretRule; what: string; at: number; value: string }) => void
