import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { within } from '../within.js'

/** How a body ended. */
export type Sent =
  | 'whole'
  /** The client went away. */
  | 'abandoned'
  /** The drive failed before the first byte: nothing was sent, not even a head. */
  | 'unsent'
  /** The drive failed half-way: the connection is gone, as there is no other way to tell the client. */
  | 'broken'

/** Looks at all the bytes of a file as they go by. */
export interface Checking {
  update(chunk: Uint8Array): void
  /** Asked before the last bytes go out. false: the file is not what it should be, and must not arrive whole. */
  isRight(): boolean
}

/**
 * Sends exactly `byteLength` bytes of a drive, as fast as the client takes them.
 *
 * The head is written when the first block is here, so a drive that has none can still be answered for. A drive that
 * gives more bytes, fewer bytes, or none for `stallMs` fails this response and no other.
 *
 * @param writeHead writes status and headers, with `byteLength` as Content-Length
 */
export async function sendBlob(
  res: ServerResponse,
  open: () => Readable,
  {
    byteLength,
    stallMs,
    writeHead,
    check
  }: { byteLength: number; stallMs: number; writeHead: () => void; check?: Checking | undefined }
): Promise<Sent> {
  if (byteLength === 0) {
    writeHead()
    res.end()
    return 'whole'
  }
  let stream: Readable | null = null
  let sent = 0
  const abandon = () => stream?.destroy()
  res.once('close', abandon)
  try {
    stream = open()
    stream.on('error', () => {}) // told by the iterator
    const blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    while (sent < byteLength) {
      const { value, done } = await within(stallMs, blocks.next())
      if (res.destroyed) return 'abandoned'
      if (done || sent + value.length > byteLength) return fail(res, sent)
      check?.update(value)
      if (check && sent + value.length === byteLength && !check.isRight()) return fail(res, sent)
      if (!res.headersSent) writeHead()
      sent += value.length
      if (sent === byteLength) res.end(value)
      else if (!res.write(value)) await drained(res)
    }
    return 'whole'
  } catch {
    return res.destroyed ? 'abandoned' : fail(res, sent)
  } finally {
    res.off('close', abandon)
    stream?.destroy()
  }
}

function fail(res: ServerResponse, sent: number): Sent {
  if (sent === 0 && !res.headersSent) return 'unsent'
  res.destroy()
  return 'broken'
}

/** Resolves when the client can take more, or is gone. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    res.on('drain', done)
    res.on('close', done)
  })
}
