// Types that the finders of secrets share.

import { type SecretRule } from '../project/secret-rules.js'

/** A value that is a secret wherever it occurs. */
export interface KnownSecret {
  rule: SecretRule
  what: string
  value: string
}

/** A part of a file's text. Its bytes are those of the file, so places in it are places in the file. */
export interface SearchedText {
  bytes: Buffer
  /** Number of lines before it in the file. */
  linesBefore: number
}

/** Called with each secret found. `at`: place of its first byte; `value`: the form that its fingerprint is made of. */
export type Report = (secret: { rule: SecretRule; what: string; at: number; value: string }) => void
