import { hash } from 'node:crypto'
import { SitedriveError } from '../error.js'
import { decodeKey, encodeKey, KEY_LENGTH } from '../holepunch/site-key.js'

/** What a preview link carries. */
export interface PreviewLink {
  /** The preview drive's key, z-base-32. */
  key: string
  /** Opens names and contents, 32 bytes. */
  encryptionKey: Uint8Array
}

/** Characters at a link's end that tell a link which was cut or mistyped from a whole one. */
const CHECK_LENGTH = 4

/** `hyper://<key>/#<secret>`. Whoever has it can read the preview, and nothing else. */
export function previewLink({ key, encryptionKey }: PreviewLink): string {
  const secret = encodeKey(encryptionKey)
  return `hyper://${key}/#${secret}${checkOf(key, secret)}`
}

/** @throws {SitedriveError} BAD_LINK saying what it is instead of a preview link; DAT_LINK and BAD_KEY as `parseKey` */
export function parsePreviewLink(text: string): PreviewLink {
  const trimmed = text.trim()
  const [address = '', fragment] = trimmed.split('#', 2)
  const key = keyOf(address)
  if (!fragment) {
    throw badLink(
      trimmed,
      'its second half, from `#` on, is missing: without it the preview cannot be decrypted. A shell cuts it off where `#` stands after a blank'
    )
  }
  const secret = fragment.slice(0, KEY_LENGTH)
  if (fragment.length !== KEY_LENGTH + CHECK_LENGTH) {
    throw badLink(
      trimmed,
      `the part after \`#\` has ${fragment.length} characters, not ${KEY_LENGTH + CHECK_LENGTH}`
    )
  }
  if (fragment.slice(KEY_LENGTH) !== checkOf(key, secret))
    throw badLink(trimmed, 'a character of it is not as it was printed')
  return { key, encryptionKey: new Uint8Array(decodeKey(secret)) }
}

/** @throws {SitedriveError} as `decodeKey`, of which the text may be a secret that was taken for the whole link */
function keyOf(address: string): string {
  try {
    return encodeKey(decodeKey(address))
  } catch (cause) {
    if (!(cause instanceof SitedriveError)) throw cause
    // guard: a preview link that was mistyped is not repeated
    throw new SitedriveError(cause.code, cause.message.replaceAll(address.trim(), shorten(address.trim())))
  }
}

function checkOf(key: string, secret: string): string {
  return encodeKey(hash('sha256', `${key} ${secret}`, 'buffer')).slice(0, CHECK_LENGTH)
}

function badLink(text: string, why: string): SitedriveError {
  return new SitedriveError(
    'BAD_LINK',
    `\`${shorten(text)}\` is not a whole preview link: ${why}. Copy the link again, all of it, in quotes.`
  )
}

/** Not the whole of it: it is a secret, and errors end up in logs. */
function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}…` : text
}
