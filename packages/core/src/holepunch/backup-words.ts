import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { SitedriveError } from '../error.js'
import { wordList as english } from './word-list.js'

/** 32 bytes as 24 English words (BIP-39). */
export function secretToWords(secret: Uint8Array): string {
  return entropyToMnemonic(secret, english)
}

/**
 * Converts 24 words back to 32 bytes. Upper and lower case and spaces do not matter.
 *
 * @throws {SitedriveError} BAD_SECRET when a word is unknown (the message names it), the count is not 24, or the checksum is
 *   wrong
 */
export function wordsToSecret(text: string): Buffer {
  const words = text
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean)
  const at = words.findIndex((word) => !english.includes(word))
  const wrong = words[at]
  if (wrong !== undefined) {
    const near = nearest(wrong)
    throw new SitedriveError(
      'BAD_SECRET',
      `Word ${at + 1}, \`${wrong}\`, is not one of the 2,048 words that a backup is made of.` +
        (near ? ` Did you mean \`${near}\`?` : ' Compare it with your note.')
    )
  }
  if (words.length !== 24) {
    throw new SitedriveError(
      'BAD_SECRET',
      `A backup has 24 words, this has ${words.length}. Compare it with your note.`
    )
  }
  try {
    return Buffer.from(mnemonicToEntropy(words.join(' '), english))
  } catch (cause) {
    throw new SitedriveError(
      'BAD_SECRET',
      'Each word is a valid one, but together they fail their checksum: a word is wrong or two are swapped. Compare them with your note.',
      { cause }
    )
  }
}

/** The first four letters identify a word of the list, so they are compared first. */
function nearest(word: string): string | undefined {
  for (let length = Math.min(4, word.length); length >= 2; length--) {
    const near = english.find((candidate) => candidate.startsWith(word.slice(0, length)))
    if (near) return near
  }
  return undefined
}
