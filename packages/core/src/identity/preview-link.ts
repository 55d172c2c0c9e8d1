import { hash } from 'node:crypto'
import { SitedriveError } from '../error.js'
import { decodeKey, encodeKey, KEY_LENGTH } from '../holepunch/site-key.js'

/** The parts of a preview link. */
export interface PreviewLink {
  /** The preview drive's key, z-base-32. */
  key: string
  /** Decrypts names and contents, 32 bytes. */
  encryptionKey: Uint8Array
}

/** The length of the checksum at the end of a link, which detects typing errors and missing parts. Characters. */
const CHECK_LENGTH = 4

/** Builds `hyper://<key>/#<secret>`. The link gives read access to the preview, and to nothing else. */
export function previewLink({ key, encryptionKey }: PreviewLink): string {
  const secret = encodeKey(encryptionKey)
  return `hyper://${key}/#${secret}${checkOf(key, secret)}`
}

/** Parses a preview link. @throws {SitedriveError} BAD_LINK when it is incomplete or mistyped; DAT_LINK, BAD_KEY as `parseKey` */
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

/** @throws {SitedriveError} as `decodeKey`, with a shortened text: a person may have pasted only the secret */
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

/** Shortens a link for an error message, because the link is a secret and errors are logged. */
function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}…` : text
}
