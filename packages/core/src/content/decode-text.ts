import { isUtf8 } from 'node:buffer'
import { markedEncoding } from '../written-text.js'

/** A text and how it was written. */
export interface DecodedText {
  text: string
  /** A name that `TextDecoder` knows. */
  encoding: string
  /** Readers see other characters: a mirror sends every text as `charset=utf-8`, which overrides what the page declares. */
  isShownWrong: boolean
}

/** Browsers search only the first bytes for `<meta charset>`. Bytes. */
const PRESCAN_BYTES = 1024

/**
 * Decodes a page as browsers do: by its byte order mark, as UTF-8, by its `<meta charset>`, else as windows-1252.
 *
 * UTF-8 comes before `<meta>`, because bytes that are valid UTF-8 are almost never anything else. Never throws.
 *
 * @param isCut the bytes may end in the middle of a character
 */
export function decodePage(bytes: Uint8Array, isCut = false): DecodedText {
  const marked = markedEncoding(bytes)
  if (marked) return { text: decode(bytes, marked), encoding: marked, isShownWrong: false }
  if (isUtf8(isCut ? withoutCutCharacter(bytes) : bytes)) {
    return { text: decode(bytes, 'utf-8'), encoding: 'utf-8', isShownWrong: false }
  }
  const encoding = declaredEncoding(bytes) ?? 'windows-1252'
  return { text: decode(bytes, encoding), encoding, isShownWrong: true }
}

/** Whether bytes are not text. Text has no NUL, except UTF-16, which begins with a byte order mark. */
export function isBinary(bytes: Uint8Array): boolean {
  return markedEncoding(bytes) === null && bytes.subarray(0, 8192).includes(0)
}

function declaredEncoding(bytes: Uint8Array): string | null {
  const head = decode(bytes.subarray(0, PRESCAN_BYTES), 'latin1')
  const name = /<meta\s[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(head)?.[1]
  if (name === undefined) return null
  try {
    const { encoding } = new TextDecoder(name)
    // As browsers do: a page with a readable `<meta>` is not UTF-16, and this page is not valid UTF-8 whatever it declares.
    return encoding.startsWith('utf-') ? null : encoding
  } catch {
    return null
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes)
}

/** Removes an incomplete character at the end, which has at most three bytes. */
function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.byteLength - back]
    if (byte === undefined || byte < 0x80) break
    if (byte >= 0xc0) return bytes.subarray(0, bytes.byteLength - back)
  }
  return bytes
}
