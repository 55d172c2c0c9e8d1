import { once } from 'node:events'
import { constants } from 'node:os'
import { withFile } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { withSite } from '../with-site.js'

export interface GetFlags {
  release?: number
}

/** How long one block may take. Milliseconds. */
const STALL_MS = 15_000

/** Writes one file of a site to standard output. */
export async function get(session: Session, link: string, flags: GetFlags): Promise<number> {
  const { screen, signal } = session
  const output = new Output(signal)
  await withSite(session, link, async (site, address) => {
    const release = flags.release ?? address.release
    const wanted = { path: address.path, release, version: address.version, stallMs: STALL_MS }
    await withFile(site, wanted, async (file) => {
      screen.clearProgress()
      const pieces = file.bytes()[Symbol.asyncIterator]()
      while (!output.isClosed) {
        // A peer may not send anything for a while.
        const next = await Promise.race([pieces.next(), output.stopped])
        if (next.done) break
        if (!screen.isJson) await output.write(next.value)
      }
      if (output.isClosed) return
      // Only now: `bytes` fails at the end when they are not what was signed.
      screen.json({ key: address.key, path: file.path, bytes: file.byteLength, hash: file.hash })
    })
  })
  // As other programs end whose reader is gone, in a pipe to `head` for example.
  return output.isClosed ? 128 + constants.signals.SIGPIPE : EXIT.done
}

/** Standard output, for bytes. */
class Output {
  /** Rejects when the process is asked to stop. */
  readonly stopped: Promise<never>
  /** Nobody reads any more. */
  isClosed = false
  private readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = signal
    this.stopped = new Promise((_resolve, reject) => {
      const stop = () => {
        const error: unknown = signal.reason
        reject(error as Error)
      }
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
    this.stopped.catch(() => {}) // who waits for it gets it
    process.stdout.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') this.isClosed = true
    })
  }

  async write(piece: Uint8Array): Promise<void> {
    if (process.stdout.write(piece)) return
    await once(process.stdout, 'drain', { signal: this.signal }).catch((error: unknown) => {
      if (!this.isClosed) throw error
    })
  }
}
