import * as z32 from 'z32'
import { SitedriveError } from '../error.js'

/** Whose key it is, for messages. */
export type KeyOwner = 'site' | 'peer' | 'publisher'

const OWNERS: Record<KeyOwner, { what: string; where: string }> = {
  site: { what: "a drive's address", where: 'Copy the whole `hyper://` link again.' },
  peer: { what: 'the key of a peer', where: 'Copy the key that `npx sitedrive peer` prints when it starts.' },
  publisher: { what: 'the key of a publisher', where: '`npx sitedrive key show` prints it.' }
}

/** Characters of a key in z-base-32: 256 bits at 5 bits a character. */
export const KEY_LENGTH = 52

/**
 * Normalises a key, such as a drive's address, to 52 characters of z-base-32. Accepts z-base-32 or 64 hex digits, in upper or lower
 * case, and for a site's key a `hyper://` link.
 *
 * 16 different last characters decode to the same 32 bytes, so the text is decoded and encoded again.
 *
 * @param owner what is named in the message of an error
 * @throws {SitedriveError} DAT_LINK for a `dat://` link, BAD_KEY when the text is not a key
 */
export function parseKey(text: string, owner: KeyOwner = 'site'): string {
  return encodeKey(decodeKey(text, owner))
}

/** The 32 bytes of a key. @throws {SitedriveError} as `parseKey`. */
export function decodeKey(text: string, owner: KeyOwner = 'site'): Buffer {
  const trimmed = text.trim()
  if (/^dat:/i.test(trimmed)) {
    throw new SitedriveError(
      'DAT_LINK',
      `\`${trimmed}\` is a Dat link. Dat is an older protocol that sitedrive does not speak; ask its author for a \`hyper://\` link.`
    )
  }
  // A link always names a drive: as a peer or a publisher, it would be waited for in vain.
  if (owner !== 'site' && /^hyper:/i.test(trimmed))
    throw badKey(trimmed, owner, 'it is the address of a site, as `hyper://` says')
  const bare = trimmed
    .replace(/^hyper:\/*/i, '')
    .replace(/[/?#].*$/s, '')
    .toLowerCase()
  if (/^[0-9a-f]{64}$/.test(bare)) return Buffer.from(bare, 'hex')
  const strange =
    /[^a-z0-9]/.exec(bare)?.[0] ?? [...bare].find((character) => !z32.ALPHABET.includes(character))
  if (strange !== undefined) {
    const why = /[a-z0-9]/.test(strange)
      ? `\`${strange}\` never occurs in a key (0, 2, l and v are left out of its alphabet)`
      : /^https?:/i.test(trimmed)
        ? 'it is a web address'
        : `a key has letters and digits alone, and no \`${strange}\``
    throw badKey(trimmed, owner, why)
  }
  if (bare.length !== KEY_LENGTH) {
    throw badKey(trimmed, owner, `a key has ${KEY_LENGTH} characters, this has ${bare.length}`)
  }
  return Buffer.from(z32.decode(bare)).subarray(0, 32)
}

/** Encodes 32 bytes as 52 characters of z-base-32. */
export function encodeKey(key: Uint8Array): string {
  return z32.encode(key)
}

function badKey(text: string, owner: KeyOwner, why: string): SitedriveError {
  const { what, where } = OWNERS[owner]
  return new SitedriveError('BAD_KEY', `\`${text}\` is not ${what}: ${why}. ${where}`)
}
