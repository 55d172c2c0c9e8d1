import type { Report } from './contract.js'
import { bitsOf } from './made-up.js'

/** Longer than a key of 16,384 bits with markup around each line. Bytes. */
export const MAX_KEY_BYTES = 32_768

const MARK = 'PRIVATE KEY'
const BEGIN = /-----BEGIN ((?:[A-Z0-9]+ ){0,3})PRIVATE KEY( BLOCK)?-----/y
const PUTTY = 'PuTTY-User-Key-File-'

/** Reports keys in PEM, of OpenSSH, of PGP and of PuTTY, also in strings of scripts and between tags. */
export function findPrivateKeys(bytes: Buffer, report: Report): void {
  let at = bytes.indexOf(MARK)
  for (; at !== -1; at = bytes.indexOf(MARK, at + MARK.length)) {
    const from = bytes.lastIndexOf('-----BEGIN ', at)
    if (from === -1 || at - from > 60) continue
    const text = bytes.toString('latin1', from, from + MAX_KEY_BYTES)
    BEGIN.lastIndex = 0
    const [begin, kind = '', isPgp] = BEGIN.exec(text) ?? []
    if (begin === undefined) continue
    const end = text.indexOf('-----END ', begin.length)
    const value = end === -1 ? null : keyOf(text.slice(begin.length, end), isPgp !== undefined)
    if (value === null) continue
    report({ rule: 'private-key', what: nameOf(kind, isPgp !== undefined, bytes, from), at: from, value })
  }
  if (bytes.length > PUTTY.length && bytes.toString('latin1', 0, PUTTY.length) === PUTTY)
    report({ rule: 'private-key', what: 'a private key of PuTTY', at: 0, value: bytes.toString('latin1') })
}

function nameOf(kind: string, isPgp: boolean, bytes: Buffer, at: number): string {
  if (isPgp) return 'a private PGP key'
  if (kind === 'OPENSSH ') return 'a private SSH key'
  const isGoogles = bytes.toString('latin1', Math.max(0, at - 400), at).includes('service_account')
  if (isGoogles) return 'the private key of a Google service account'
  return `a private key${kind === 'ENCRYPTED ' ? ' (encrypted)' : ''}`
}

/** The key's base64; null when it is none: an example that leaves out the middle, or something made up. */
function keyOf(body: string, isPgp: boolean): string | null {
  if (body.includes('-----BEGIN')) return null
  const plain = body
    .replace(/<[^<>]{0,200}>/g, '') // colours of a code listing
    .replace(/&#(?:13|10|x0?[da]);/gi, '\n')
    .replace(/(?:\\\\?[rnt])+/g, '\n') // in a string
    .replace(/["'`]\s{0,99}[+,.]?\s{0,99}(?:["'`]|$)/g, '\n') // strings one after another
  // Dots, an ellipsis or `[…]` stand for what was left out.
  if (/\.\.|…|\xe2\x80\xa6|\*\*|x{6}|[<>{}[\]$%]/i.test(plain)) return null
  // Of a line what a comment, a quotation or a string puts around it; a line of a key may begin with `/` and `+`.
  const lines = plain
    .split('\n')
    .map((line) => line.replace(/^\s*(?:(?:\/\/+|[#|>*]+)\s+)?["'`\\]*|["'`\\,;\s]{1,99}$/g, ''))
  const isEncrypted = lines.some((line) => /^Proc-Type: ?4,ENCRYPTED/.test(line))
  const base64 = lines
    .filter((line) => !/^[A-Za-z-]+: /.test(line) && !/^=[A-Za-z0-9+/]{4}$/.test(line))
    .join('')
  if (!/^[A-Za-z0-9+/]{60,}={0,2}$/.test(base64) || bitsOf(base64.slice(-44)) < 2.5) return null
  return isEncrypted || isKey(Buffer.from(base64, 'base64'), isPgp) ? base64 : null
}

/** Whether bytes begin as keys do, and are as long as they say. */
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
