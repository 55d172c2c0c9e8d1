import type { ServerResponse } from 'node:http'
import type { Readable, Transform, Writable } from 'node:stream'
import { within } from '../deadline.js'

/** How a body ended. */
export type Sent =
  | 'whole'
  /** The client went away. */
  | 'abandoned'
  /** The drive failed before the first byte: nothing was sent, not even the head. */
  | 'unsent'
  /** The drive failed in the middle: the connection was closed, since nothing else can tell the client. */
  | 'broken'

/** Checks the bytes of a file while they are sent. */
export interface Checking {
  update(chunk: Uint8Array): void
  /** Called before the last bytes are sent. false: the file is damaged, and must not arrive complete. */
  isRight(): boolean
}

/**
 * Sends exactly `byteLength` bytes of a drive, as fast as the client reads them.
 *
 * The head is written when the first block has arrived: without one, an error can still be answered. When the drive gives
 * more bytes, fewer bytes, or none for `stallMs`, only this response fails.
 *
 * @param writeHead writes status and headers, with `byteLength` as Content-Length unless the bytes go `through` something
 */
export async function sendBlob(
  res: ServerResponse,
  open: () => Readable,
  {
    byteLength,
    stallMs,
    writeHead,
    check,
    through
  }: {
    byteLength: number
    stallMs: number
    writeHead: () => void
    check?: Checking | undefined
    through?: Transform | undefined
  }
): Promise<Sent> {
  if (byteLength === 0) {
    writeHead()
    res.end()
    return 'whole'
  }
  let stream: Readable | null = null
  let sent = 0
  const sink: Writable = through ?? res
  let isClosed = false
  const abandon = () => {
    isClosed = true
    stream?.destroy()
    through?.destroy()
  }
  res.once('close', abandon)
  try {
    through?.on('error', () => res.destroy()).pipe(res)
    stream = open()
    stream.on('error', () => {}) // the iterator throws it
    const blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    while (sent < byteLength) {
      const { value, done } = await within(stallMs, blocks.next())
      if (res.destroyed) return 'abandoned'
      if (done || sent + value.length > byteLength) return fail(res, sent)
      check?.update(value)
      // guard: proof: a large file is compared before its end is sent
      if (check && sent + value.length === byteLength && !check.isRight()) return fail(res, sent)
      if (!res.headersSent) writeHead()
      sent += value.length
      if (sent === byteLength) sink.end(value)
      else if (!sink.write(value)) await drained(sink)
    }
    if (through && !isClosed) await ended(res)
    return 'whole'
  } catch {
    return res.destroyed ? 'abandoned' : fail(res, sent)
  } finally {
    res.off('close', abandon)
    through?.unpipe(res)
    abandon()
  }
}

function fail(res: ServerResponse, sent: number): Sent {
  if (sent === 0 && !res.headersSent) return 'unsent'
  res.destroy()
  return 'broken'
}

/** Resolves when the client can take more, or is gone. */
function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done)
      sink.off('close', done)
      resolve()
    }
    sink.on('drain', done)
    sink.on('close', done)
  })
}

/** Resolves when everything is sent, or the client is gone. */
function ended(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once('finish', resolve)
    res.once('close', resolve)
  })
}
