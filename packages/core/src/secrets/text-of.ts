/** The first bytes decide whether a file is text. Bytes. */
export const SNIFF_BYTES = 8192

export type TextKind = 'bytes' | 'utf-16le' | 'utf-16be' | null

/** How to decode a file's text, by its first bytes; null: it is not text. Text has almost no NUL, except UTF-16. */
export function textKind(head: Uint8Array): TextKind {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sniffed = head.subarray(0, SNIFF_BYTES)
  if (!sniffed.includes(0)) return 'bytes'
  // UTF-16 without a byte order mark: every second byte of Latin letters is NUL.
  const nuls = [0, 0]
  for (let at = 0; at < sniffed.length; at++) if (sniffed[at] === 0) nuls[at % 2]!++
  const [even = 0, odd = 0] = nuls
  if (even === 0 && odd * 4 > sniffed.length) return 'utf-16le'
  if (odd === 0 && even * 4 > sniffed.length) return 'utf-16be'
  return isMostlyText(sniffed) ? 'bytes' : null
}

/** A log or a dump may have some NUL; in pictures and programs one byte of ten is no character. */
function isMostlyText(sniffed: Uint8Array): boolean {
  let controls = 0
  let beyond = 0
  for (const byte of sniffed) {
    if (byte >= 0x80) beyond++
    else if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d)) controls++
  }
  return controls * 20 <= sniffed.length && beyond * 4 <= sniffed.length
}

/** The text as UTF-8 or another superset of ASCII. @param bytes of complete characters */
export function searchable(bytes: Buffer, kind: Exclude<TextKind, null>): Buffer {
  return kind === 'bytes' ? bytes : Buffer.from(new TextDecoder(kind).decode(bytes))
}
