import { isUtf8 } from 'node:buffer'

/** A text and how it was written. */
export interface DecodedText {
  text: string
  /** A name that `TextDecoder` knows. */
  encoding: string
  /** Readers see other characters: a mirror says `charset=utf-8` of every text, which outweighs what the page says of itself. */
  isShownWrong: boolean
}

/** How far browsers look for `<meta charset>`. Bytes. */
const PRESCAN_BYTES = 1024

/**
 * Decodes a page as browsers do: by its byte order mark, as UTF-8, by its `<meta charset>`, else as windows-1252.
 *
 * UTF-8 comes before `<meta>`, since bytes that are valid UTF-8 are hardly ever anything else. Never throws.
 *
 * @param isCut the bytes may end within a character
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

/** Whether bytes are no text of any kind. Text has no NUL, but for UTF-16, which is marked. */
export function isBinary(bytes: Uint8Array): boolean {
  return markedEncoding(bytes) === null && bytes.subarray(0, 8192).includes(0)
}

function markedEncoding(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return null
}

function declaredEncoding(bytes: Uint8Array): string | null {
  const head = decode(bytes.subarray(0, PRESCAN_BYTES), 'latin1')
  const name = /<meta\s[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(head)?.[1]
  if (name === undefined) return null
  try {
    const { encoding } = new TextDecoder(name)
    // As browsers: a page that could be read this far is not UTF-16, and a page that claims UTF-8 was just seen not to be it.
    return encoding.startsWith('utf-') ? null : encoding
  } catch {
    return null
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes)
}

/** At most three bytes of a character can be left at the end. */
function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.byteLength - back]
    if (byte === undefined || byte < 0x80) break
    if (byte >= 0xc0) return bytes.subarray(0, bytes.byteLength - back)
  }
  return bytes
}
