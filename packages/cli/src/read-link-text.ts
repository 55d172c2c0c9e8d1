import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { SitedriveError } from '@sitedrive/core'
import type { Session } from '@sitedrive/terminal'

/** A link has some 130 characters: more is something else. */
const MAX_BYTES = 4_096
/** After so long a line says what the command waits for. Milliseconds. */
const NOTICE_MS = 3_000
/** How long to wait for what is piped in: a login at another machine may come first. Milliseconds. */
const GIVE_UP_MS = 120_000

/**
 * Reads a preview link from what is piped in, up to the first line's end, or asks for it at the terminal without showing it:
 * given as a word of the command, it would stand in the list of processes that all users of a machine can read.
 *
 * @throws {SitedriveError} BAD_LINK when there is none, when it is too long, or when nothing comes in 2 minutes
 */
export async function readLinkText(
  session: Session,
  input: NodeJS.ReadStream = process.stdin,
  giveUpMs = GIVE_UP_MS
): Promise<string> {
  const text = input.isTTY ? await typed(session, input) : await piped(session, input, giveUpMs)
  if (session.signal.aborted) throw new SitedriveError('ABORTED', 'Stopped.')
  if (text.trim() === '') {
    throw notGiven('No preview link came on standard input: it was empty.')
  }
  return text
}

async function piped(
  { screen, signal }: Session,
  input: NodeJS.ReadStream,
  giveUpMs: number
): Promise<string> {
  const notice = setTimeout(() => screen.note('Waiting for the preview link on standard input …'), NOTICE_MS)
  const late = AbortSignal.timeout(giveUpMs)
  const ending = AbortSignal.any([signal, late])
  const stop = () => void input.destroy()
  ending.addEventListener('abort', stop, { once: true })
  let bytes = Buffer.alloc(0)
  try {
    for await (const chunk of input) {
      bytes = Buffer.concat([bytes, chunk as Buffer])
      // An empty line in front is no link yet.
      if (/\S[^\n]*\n/.test(bytes.toString('latin1')) || bytes.byteLength > MAX_BYTES) break
    }
  } catch (cause) {
    if (!ending.aborted) throw notGiven('Standard input could not be read.', cause)
  } finally {
    clearTimeout(notice)
    ending.removeEventListener('abort', stop)
  }
  if (late.aborted && !signal.aborted)
    throw notGiven(`No preview link came on standard input in ${giveUpMs / 1000} s.`)
  const line = bytes.toString('utf8').trimStart().split('\n', 1)[0] ?? ''
  if (line.length > MAX_BYTES)
    throw notGiven(`What came on standard input is no preview link: it has more than ${MAX_BYTES} bytes.`)
  return line
}

function typed({ screen }: Session, input: NodeJS.ReadStream): Promise<string> {
  // What is typed is not written back.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: true })
  // Only now: before, the terminal itself would show what is pasted.
  screen.note('Paste the preview link and press enter. It is not shown.')
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => {
      process.emit('SIGINT', 'SIGINT') // readline has taken the key press: pass it on as what it means
      lines.close()
    })
    lines.once('close', () => resolve(''))
  })
}

function notGiven(why: string, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'BAD_LINK',
    `${why} Pipe the link in, such as \`sitedrive preview - < link.txt\`, or run the command at a terminal.`,
    { cause }
  )
}
