import type { Report } from './secret-types.js'
import { bitsOf } from './made-up.js'

/** Enough for a key of 16,384 bits with markup around each line. Bytes. */
export const MAX_KEY_BYTES = 32_768

const MARK = 'PRIVATE'
/** Longest distance from `-----BEGIN` to the mark, with the tags of syntax colours between. Bytes. */
const REACH = 400
/** Also typographic dashes (`—–`), whose UTF-8 bytes are read as Latin-1. */
const DASHES = '(?:-|\xe2\x80[\x90-\x95]|\xe2\x88\x92){2,5}'
const BEFORE = new RegExp(`${DASHES} ?BEGIN ((?:[A-Z0-9]{1,20} ){0,3})$`)
const AFTER = new RegExp(`^PRIVATE KEY( BLOCK)? ?${DASHES}`)
const TAG = /<[^<>]{0,200}>/g
const END = new RegExp(`${DASHES} ?(?:<[^<>]{0,200}> ?){0,4}END\\b`)
const BEGIN = new RegExp(`${DASHES} ?BEGIN`)
const PUTTY = 'PuTTY-User-Key-File-'

/** Reports keys in PEM, OpenSSH, PGP and PuTTY formats, also in strings of scripts, with tags, and on one line. */
export function findPrivateKeys(bytes: Buffer, report: Report): void {
  let at = bytes.indexOf(MARK)
  for (; at !== -1; at = bytes.indexOf(MARK, at + MARK.length)) {
    const begin = bytes.lastIndexOf('BEGIN', at)
    if (begin === -1 || at - begin > REACH) continue
    const head = bytes
      .toString('latin1', Math.max(0, begin - 20), at)
      .replace(TAG, '')
      .replace(/\s+/g, ' ')
    const kind = BEFORE.exec(head)?.[1]
    if (kind === undefined) continue
    const text = bytes.toString('latin1', at, at + MAX_KEY_BYTES).replace(TAG, '')
    const [mark, isPgp] = AFTER.exec(text) ?? []
    if (mark === undefined) continue
    const value = keyBehind(bytes.toString('latin1', at, at + MAX_KEY_BYTES), isPgp !== undefined)
    if (value === null) continue
    const from = placeOfDashes(bytes, begin)
    report({ rule: 'private-key', what: nameOf(kind, isPgp !== undefined, bytes, from), at: from, value })
  }
  findPutty(bytes, report)
}

// PuTTY's format has no dashes: only its lines identify it.
function findPutty(bytes: Buffer, report: Report): void {
  const at = bytes.indexOf(PUTTY)
  if (at === -1) return
  const text = bytes.toString('latin1', at, at + MAX_KEY_BYTES).replace(TAG, '')
  const [, value] = /Private-Lines: \d+\s+([A-Za-z0-9+/=\s]{40,}?)\s+Private-(?:MAC|Hash): /.exec(text) ?? []
  if (value !== undefined && bitsOf(value) > 3)
    report({ rule: 'private-key', what: 'a private key of PuTTY', at, value: value.replace(/\s+/g, '') })
}

/** Place of the dashes before `BEGIN`. */
function placeOfDashes(bytes: Buffer, begin: number): number {
  let at = begin
  while (at > 0 && at > begin - 20 && (bytes[at - 1] === 0x2d || bytes[at - 1]! >= 0x80)) at--
  return at
}

function nameOf(kind: string, isPgp: boolean, bytes: Buffer, at: number): string {
  if (isPgp) return 'a private PGP key'
  if (kind === 'OPENSSH ') return 'a private SSH key'
  const isGoogles = bytes.toString('latin1', Math.max(0, at - 400), at).includes('service_account')
  if (isGoogles) return 'the private key of a Google service account'
  return `a private key${kind === 'ENCRYPTED ' ? ' (encrypted)' : ''}`
}

/** The key between its BEGIN and END marks; null: there is none. */
function keyBehind(text: string, isPgp: boolean): string | null {
  const end = END.exec(text)?.index
  if (end === undefined) return null
  const body = text.slice(0, end)
  if (BEGIN.test(body)) return null
  // Tags may be colours within a line or may separate lines: both ways are tried.
  for (const between of ['', '\n']) {
    const plain = body.replace(TAG, between).replace(/^\s*PRIVATE\s+KEY(?:\s+BLOCK)?\s*/, '')
    const key = keyOf(plain.replace(new RegExp(`^${DASHES}`), ''), isPgp)
    if (key !== null) return key
  }
  return null
}

/** The key's base64; null when it is not a key but a shortened or made-up example. */
function keyOf(body: string, isPgp: boolean): string | null {
  const plain = body
    .replace(/&#(?:13|10|x0?[da]);/gi, '\n')
    .replace(/(?:\\\\?[rnt])+/g, '\n') // in a string
    .replace(/["'`]\)?\s{0,99}[+,.]?\s{0,99}\(?(?:["'`]|$)/g, '\n') // strings one after another
  const lines = unquoted(plain.split(/\r\n|\r|\n/))
  // Dots, an ellipsis or `[…]` mark a shortened example.
  if (lines.some((line) => /\.\.|…|\xe2\x80\xa6|\*\*|x{6}|[<>{}[\]$%]/i.test(line))) return null
  const isEncrypted = /Proc-Type: ?4,ENCRYPTED/.test(plain)
  // Removes what a comment, a quotation or a string puts around each line; a line of a key may begin with `/` and `+`.
  const bare = lines.map((line) =>
    line.replace(/^\s*(?:(?:\/\/+|[#|>*]+)\s+)?["'`\\]*|["'`\\,;\s]{1,99}$/g, '')
  )
  const ways = [
    bare,
    // With line numbers.
    bare.map((line) => line.replace(/^\d{1,4}(?:[.:|)]?\s+|$)/, '')),
    // With blanks in place of line breaks.
    bare.join(' ').replace(HEADERS, ' ').split(/\s+/)
  ]
  for (const way of ways) {
    const base64 = way
      .filter((line) => !/^[A-Za-z-]+: /.test(line) && !/^=[A-Za-z0-9+/]{4}$/.test(line))
      .join('')
    if (!/^[A-Za-z0-9+/]{60,}={0,2}$/.test(base64) || bitsOf(base64.slice(-44)) < 2.5) continue
    if (isEncrypted || isKey(Buffer.from(base64, 'base64'), isPgp)) return base64
  }
  return null
}

const HEADERS =
  /Proc-Type: ?4,ENCRYPTED|DEK-Info: ?[A-Z0-9-]{1,40},[0-9A-Fa-f]{1,64}|Version: [A-Za-z]{1,20}(?: v?[\d.]{1,20})?(?: \([\w /]{1,20}\))?/g

/** Removes the marks of a quotation or a diff before each line: no key begins with `+`. */
function unquoted(lines: string[]): string[] {
  const first = lines.find((line) => line.trim() !== '')
  return first !== undefined && /^\s*[+>]/.test(first)
    ? lines.map((line) => line.replace(/^\s*(?:\+|(?:>\s?)+)/, ''))
    : lines
}

/** Whether bytes begin like a key, and have at least the length that they declare. */
function isKey(bytes: Buffer, isPgp: boolean): boolean {
  if (bytes.toString('latin1', 0, 14) === 'openssh-key-v1') return true
  const [first = 0, second = 0] = bytes
  if (isPgp) {
    // RFC 9580, 4.2: the tag of a packet; 5 and 7 are secret keys.
    const tag = first & 0x40 ? first & 0x3f : (first >> 2) & 0x0f
    return first >= 0x80 && (tag === 5 || tag === 7)
  }
  // X.690: a sequence, and its length.
  if (first !== 0x30) return false
  if (second < 0x80) return bytes.length >= second + 2
  const lengthBytes = second & 0x7f
  return (
    lengthBytes >= 1 && lengthBytes <= 3 && bytes.length >= bytes.readUIntBE(2, lengthBytes) + 2 + lengthBytes
  )
}
