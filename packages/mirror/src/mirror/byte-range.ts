/** Bytes of a file, both ends included. */
export interface ByteRange {
  start: number
  end: number
}

/** A longer header does not name a single range. */
const MAX_LENGTH = 64

/**
 * Parses a Range header (RFC 9110, 14.2) that asks for one range of bytes.
 *
 * @returns null to send the whole file, as the RFC allows: no range, several ranges, or a malformed header
 */
export function readRange(
  header: string | undefined,
  byteLength: number
): ByteRange | 'unsatisfiable' | null {
  if (header === undefined || header.length > MAX_LENGTH) return null
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/i.exec(header.trim()) ?? []
  if (first === '') {
    if (last === '') return null
    const length = Number(last)
    if (length === 0 || byteLength === 0) return 'unsatisfiable'
    return { start: Math.max(0, byteLength - length), end: byteLength - 1 }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  if (end < start) return null
  return start >= byteLength ? 'unsatisfiable' : { start, end: Math.min(end, byteLength - 1) }
}
