import { classOf } from './long-runs.js'

const BACKSLASH = 0x5c
const AMPERSAND = 0x26
const PERCENT = 0x25
const SEMICOLON = 0x3b
const HASH = 0x23
const BLANK = 0x20
const LOWER_X = 0x78
const LOWER_U = 0x75
const BRACE = 0x7b

/** Named HTML entities of characters that occur in secrets or between their parts. */
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    lt: 0x3c,
    gt: 0x3e,
    amp: 0x26,
    quot: 0x22,
    apos: 0x27,
    nbsp: 0x20,
    sol: 0x2f,
    plus: 0x2b,
    equals: 0x3d,
    colon: 0x3a,
    num: 0x23,
    commat: 0x40,
    dollar: 0x24,
    percnt: 0x25,
    lowbar: 0x5f,
    newline: 0x20,
    tab: 0x20,
    ndash: 0x2013,
    mdash: 0x2014
  })
)
/** Length of the longest entity, `&#x10ffff;`. */
const LONGEST_ENTITY = 10

const HEX = classOf('0-9A-Fa-f')
/** Characters that mean themselves after a backslash in a string of a script or a shell. */
const ITSELF = Uint8Array.from({ length: 256 }, (_, code) =>
  code > BLANK && code < 0x7f && !/[A-Za-z0-9]/.test(String.fromCharCode(code)) ? 1 : 0
)
const WHITE = classOf('nrtbfv')

/** An escaped character. */
interface Escape {
  code: number
  /** Number of bytes of the escape. */
  length: number
  /** The code is a byte of UTF-8, not a character. */
  isByte: boolean
}

/**
 * A text with its escapes decoded: `\/`, `\u003e`, `&#x2F;`, `&lt;`, `%3D` and the like become their characters, and escaped
 * line breaks become blanks. Reads the bytes once, and copies the parts between escapes.
 *
 * @returns null when there is no escape
 */
export function decodedView(bytes: Buffer): Buffer | null {
  let view: Buffer | null = null
  let length = 0
  let copied = 0
  eachEscape(bytes, (at, { code, length: taken, isByte }) => {
    view ??= Buffer.allocUnsafe(bytes.byteLength)
    length += bytes.copy(view, length, copied, at)
    length = write(view, length, code, isByte)
    copied = at + taken
    return true
  })
  const whole = view as Buffer | null
  if (whole === null) return null
  length += bytes.copy(whole, length, copied)
  return whole.subarray(0, length)
}

/** The place in the original text of a place in its decoded view. */
export function placeBeforeDecoding(bytes: Buffer, place: number): number {
  let shift = 0
  eachEscape(bytes, (at, { code, length, isByte }) => {
    if (at - shift >= place) return false
    shift += length - sizeOf(code, isByte)
    return true
  })
  return Math.max(0, place + shift)
}

/** @param use returns false to stop */
function eachEscape(bytes: Buffer, use: (at: number, escape: Escape) => boolean): void {
  // The next escape of each kind, found by the fast native search.
  const starts = [BACKSLASH, AMPERSAND, PERCENT]
  const next = starts.map((start) => nextOf(bytes, start, 0))
  for (;;) {
    const at = Math.min(...(next as [number, number, number]))
    if (at === Infinity) return
    const escape = escapeAt(bytes, at)
    if (escape && !use(at, escape)) return
    const from = at + (escape?.length ?? 1)
    for (let kind = 0; kind < next.length; kind++)
      if (next[kind]! < from) next[kind] = nextOf(bytes, starts[kind]!, from)
  }
}

function nextOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from)
  return at === -1 ? Infinity : at
}

function escapeAt(bytes: Buffer, at: number): Escape | null {
  if (bytes[at] === AMPERSAND) return entityAt(bytes, at)
  if (bytes[at] === PERCENT) {
    const code = hexAt(bytes, at + 1, 2)
    return code === -1 ? null : { code, length: 3, isByte: true }
  }
  return backslashAt(bytes, at)
}

function backslashAt(bytes: Buffer, at: number): Escape | null {
  const second = bytes[at + 1] ?? 0
  if (second === LOWER_U) return unicodeAt(bytes, at)
  if (second === LOWER_X) {
    const code = hexAt(bytes, at + 2, 2)
    return code === -1 ? null : { code, length: 4, isByte: false }
  }
  if (WHITE[second] === 1) return { code: BLANK, length: 2, isByte: false }
  return ITSELF[second] === 1 ? { code: second, length: 2, isByte: false } : null
}

// `\u003e`, or `\u{3e}`.
function unicodeAt(bytes: Buffer, at: number): Escape | null {
  if (bytes[at + 2] !== BRACE) {
    const code = hexAt(bytes, at + 2, 4)
    return code === -1 ? null : { code, length: 6, isByte: false }
  }
  const [all, digits = ''] = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(bytes.toString('latin1', at, at + 10)) ?? []
  return all === undefined ? null : { code: Number.parseInt(digits, 16), length: all.length, isByte: false }
}

function entityAt(bytes: Buffer, at: number): Escape | null {
  let end = at + 1
  while (end < bytes.length && end - at < LONGEST_ENTITY && bytes[end] !== SEMICOLON) end++
  if (bytes[end] !== SEMICOLON) return null
  const length = end + 1 - at
  if (bytes[at + 1] !== HASH) {
    const code = NAMED.get(bytes.toString('latin1', at + 1, end).toLowerCase())
    return code === undefined ? null : { code, length, isByte: false }
  }
  const [, hex, decimal] = /^(?:[xX]([0-9a-fA-F]+)|(\d+))$/.exec(bytes.toString('latin1', at + 2, end)) ?? []
  if (hex === undefined && decimal === undefined) return null
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code > 0x10ffff ? null : { code, length, isByte: false }
}

function hexAt(bytes: Buffer, from: number, digits: number): number {
  let code = 0
  for (let at = from; at < from + digits; at++) {
    const byte = bytes[at] ?? 0
    if (HEX[byte] === 0) return -1
    code = code * 16 + (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57)
  }
  return code
}

/** Number of UTF-8 bytes; never more than the escape has. */
function sizeOf(code: number, isByte: boolean): number {
  if (isByte || code < 0x80 || isBlank(code)) return 1
  return code < 0x800 ? 2 : 3
}

function write(view: Buffer, at: number, code: number, isByte: boolean): number {
  const size = sizeOf(code, isByte)
  if (size === 1) view[at] = isBlank(code) ? BLANK : code
  else if (size === 2) {
    view[at] = 0xc0 | (code >> 6)
    view[at + 1] = 0x80 | (code & 0x3f)
  } else {
    // Characters beyond 0xffff are cut to 16 bits: no finder needs their value.
    view[at] = 0xe0 | ((code >> 12) & 0x0f)
    view[at + 1] = 0x80 | ((code >> 6) & 0x3f)
    view[at + 2] = 0x80 | (code & 0x3f)
  }
  return at + size
}

/** Control characters and no-break spaces become blanks. A decoded line break would shift the numbers of later lines. */
function isBlank(code: number): boolean {
  return code < BLANK || code === 0xa0
}
