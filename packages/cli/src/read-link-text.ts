import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { SitedriveError } from '@sitedrive/core'
import type { Session } from '@sitedrive/terminal'

/** A link has about 130 characters, so a longer text is no link. */
const MAX_BYTES = 4_096
/** When nothing has arrived after this time, a line says that the command waits for a link. Milliseconds. */
const NOTICE_MS = 3_000
/** How long to wait for piped input: its program may first log in at another machine. Milliseconds. */
const GIVE_UP_MS = 120_000

/**
 * Reads a preview link: the first line of piped input, or a line that is typed at the terminal and not shown. As an argument of
 * the command, the link would be visible in the process list, which all users of a machine can read.
 *
 * @param giveUpMs how long to wait for piped input. Milliseconds. @default 120000
 * @throws {SitedriveError} BAD_LINK when there is no text, when it is too long, or when none comes in time; ABORTED at Ctrl-C
 */
export async function readLinkText(
  session: Session,
  input: NodeJS.ReadStream = process.stdin,
  giveUpMs = GIVE_UP_MS
): Promise<string> {
  const text = input.isTTY ? await readTyped(session, input) : await readPiped(session, input, giveUpMs)
  if (session.signal.aborted) throw new SitedriveError('ABORTED', 'Stopped.')
  if (text.trim() === '') {
    throw noLink('No preview link came on standard input: it was empty.')
  }
  return text
}

async function readPiped(
  { screen, signal }: Session,
  input: NodeJS.ReadStream,
  giveUpMs: number
): Promise<string> {
  const notice = setTimeout(() => screen.info('Waiting for the preview link on standard input …'), NOTICE_MS)
  const late = AbortSignal.timeout(giveUpMs)
  const ending = AbortSignal.any([signal, late])
  const stop = () => void input.destroy()
  ending.addEventListener('abort', stop, { once: true })
  let bytes = Buffer.alloc(0)
  try {
    for await (const chunk of input) {
      bytes = Buffer.concat([bytes, chunk as Buffer])
      // Empty lines before the link are skipped.
      if (/\S[^\n]*\n/.test(bytes.toString('latin1')) || bytes.byteLength > MAX_BYTES) break
    }
  } catch (cause) {
    if (!ending.aborted) throw noLink('Standard input could not be read.', cause)
  } finally {
    clearTimeout(notice)
    ending.removeEventListener('abort', stop)
  }
  if (late.aborted && !signal.aborted)
    throw noLink(`No preview link came on standard input in ${giveUpMs / 1000} s.`)
  const line = bytes.toString('utf8').trimStart().split('\n', 1)[0] ?? ''
  if (line.length > MAX_BYTES)
    throw noLink(`What came on standard input is no preview link: it has more than ${MAX_BYTES} bytes.`)
  return line
}

function readTyped({ screen }: Session, input: NodeJS.ReadStream): Promise<string> {
  // The terminal must not show the typed text.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: true })
  // The question comes after `createInterface`: until then, the terminal would show a pasted link.
  screen.info('Paste the preview link and press enter. It is not shown.')
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => {
      process.emit('SIGINT', 'SIGINT') // readline handles the key itself, so the signal must be raised here
      lines.close()
    })
    lines.once('close', () => resolve(''))
  })
}

function noLink(why: string, cause?: unknown): SitedriveError {
  return new SitedriveError(
    'BAD_LINK',
    `${why} Pipe the link in, such as \`npx sitedrive preview - < link.txt\`, or run the command at a terminal.`,
    { cause }
  )
}
