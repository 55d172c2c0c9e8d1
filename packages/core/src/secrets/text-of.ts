/** So much of a file tells whether it is text. Bytes. */
export const SNIFF_BYTES = 8192

export type TextKind = 'bytes' | 'utf-16le' | 'utf-16be' | null

/** How to read a file's text, by its first bytes; null: it is none. Text has next to no NUL, but for UTF-16. */
export function textKind(head: Uint8Array): TextKind {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sniffed = head.subarray(0, SNIFF_BYTES)
  if (!sniffed.includes(0)) return 'bytes'
  // Without a mark: Latin letters have a NUL as every other byte.
  const nuls = [0, 0]
  for (let at = 0; at < sniffed.length; at++) if (sniffed[at] === 0) nuls[at % 2]!++
  const [even = 0, odd = 0] = nuls
  if (even === 0 && odd * 4 > sniffed.length) return 'utf-16le'
  if (odd === 0 && even * 4 > sniffed.length) return 'utf-16be'
  return isMostlyText(sniffed) ? 'bytes' : null
}

/** A log or a dump with some NUL in it: of pictures and programs one byte in ten is no character. */
function isMostlyText(sniffed: Uint8Array): boolean {
  let controls = 0
  let beyond = 0
  for (const byte of sniffed) {
    if (byte >= 0x80) beyond++
    else if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d)) controls++
  }
  return controls * 20 <= sniffed.length && beyond * 4 <= sniffed.length
}

/** A file's bytes in a form in which ASCII is ASCII. @param bytes of a whole number of characters */
export function searchable(bytes: Buffer, kind: Exclude<TextKind, null>): Buffer {
  return kind === 'bytes' ? bytes : Buffer.from(new TextDecoder(kind).decode(bytes))
}
