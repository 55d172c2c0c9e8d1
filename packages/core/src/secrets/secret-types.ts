// What the parts of the search for secrets have in common: types only.

import { type SecretRule } from '../project/secret-rules.js'

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
