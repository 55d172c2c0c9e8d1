import { createInterface } from 'node:readline'
import { text as readAll } from 'node:stream/consumers'
import { SitedriveError } from '@sitedrive/core'
import { showFailure, type Session } from '@sitedrive/terminal'

const PROMPT = '> '

/**
 * Reads a secret from piped input, or asks for it at the terminal, where it may have one line or several.
 *
 * After a typing error the terminal asks again, and the arrow key brings the typed line back.
 *
 * @param use is called with the text, and throws BAD_SECRET when the text is no secret
 * @throws {SitedriveError} BAD_SECRET when there is no text; ABORTED at Ctrl-C
 */
export async function readSecretText<T>(session: Session, use: (text: string) => Promise<T>): Promise<T> {
  if (!process.stdin.isTTY) {
    const piped = await readAll(process.stdin)
    if (piped.trim() === '') throw noSecret()
    return use(piped)
  }
  session.screen.info('Type or paste the 24 words, or the 64 hex digits, of the backup.')
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: PROMPT })
  lines.on('SIGINT', () => {
    process.emit('SIGINT', 'SIGINT') // readline handles the key itself, so the signal must be raised here
    lines.close()
  })
  try {
    let typed = ''
    lines.prompt()
    for await (const line of lines) {
      typed += ` ${line}`
      if (line.trim() !== '' && !isLongEnough(typed)) {
        lines.setPrompt(`${wordsIn(typed).length} of 24 words > `)
        lines.prompt()
        continue
      }
      lines.setPrompt(PROMPT)
      try {
        return await use(typed)
      } catch (error) {
        if (!(error instanceof SitedriveError && error.code === 'BAD_SECRET')) throw error
        showFailure(session.screen, session.env, error)
        typed = ''
        lines.prompt()
      }
    }
    throw session.signal.aborted ? new SitedriveError('ABORTED', 'Stopped. Nothing was changed.') : noSecret()
  } finally {
    lines.close()
  }
}

function isLongEnough(text: string): boolean {
  return /^\s*\S{20,}\s*$/.test(text) || wordsIn(text).length >= 24
}

function wordsIn(text: string): string[] {
  return text.split(/[^\p{L}]+/u).filter(Boolean)
}

function noSecret(): SitedriveError {
  return new SitedriveError(
    'BAD_SECRET',
    'No secret was given: the input ended before 24 words or 64 hex digits. Run the command at a terminal, or pipe them in.'
  )
}
