import { MAX_PROTOCOL_ID, MAX_PROTOCOL_NAME } from './wire-limits.js'

const [BATCH, OPEN] = [0, 1]

/** The content of a Protomux frame, read before Protomux parses it. */
export interface FrameFacts {
  /** Number of channels that it opens. */
  opens: number
  /** Number of messages. */
  messages: number
  /** What is wrong with the frame; null: it is valid. */
  violation: string | null
}

/**
 * Checks a frame before Protomux parses it. Protomux parses nested batches by recursion of any depth, and keeps the name of a
 * channel until the other side opens it too.
 *
 * A frame that ends too early is not reported here; Protomux throws for it.
 */
export function readFrame(bytes: Uint8Array): FrameFacts {
  const facts: FrameFacts = { opens: 0, messages: 0, violation: null }
  const at = { bytes, start: 0, end: bytes.length }
  const channel = readUint(at)
  if (channel !== 0) {
    facts.messages = 1
    return facts
  }
  const type = readUint(at)
  if (type !== BATCH) {
    readControl(type, at, facts)
    return facts
  }
  let inner = readUint(at)
  while (at.start < bytes.length && facts.violation === null) {
    const length = readUint(at)
    if (length === 0) {
      inner = readUint(at)
      continue
    }
    const next = Math.min(at.start + length, bytes.length)
    if (inner === 0) {
      const part = { bytes, start: at.start, end: next }
      readControl(readUint(part), part, facts)
    } else facts.messages++
    at.start = next
  }
  return facts
}

interface Cursor {
  bytes: Uint8Array
  start: number
  end: number
}

function readControl(type: number, at: Cursor, facts: FrameFacts): void {
  facts.messages++
  // guard: wire: batches are not nested
  if (type === BATCH) facts.violation = 'a batch within a batch'
  if (type !== OPEN) return
  facts.opens++
  if (readUint(at) === 0) facts.violation = 'opens the channel that every connection has'
  const name = readUint(at)
  if (name > MAX_PROTOCOL_NAME) facts.violation = `a protocol's name of ${name} bytes`
  at.start += name
  const id = readUint(at)
  if (id > MAX_PROTOCOL_ID) facts.violation = `a protocol's id of ${id} bytes`
}

/** Reads a `uint` of compact-encoding. Returns 0 beyond the end of the frame. */
function readUint(at: Cursor): number {
  const { bytes, end } = at
  const first = at.start < end ? (bytes[at.start++] ?? 0) : 0
  if (first <= 0xfc) return first
  const size = first === 0xfd ? 2 : first === 0xfe ? 4 : 8
  let value = 0
  for (let i = size - 1; i >= 0; i--)
    value = value * 256 + (at.start + i < end ? (bytes[at.start + i] ?? 0) : 0)
  at.start += size
  return value
}
