import { EXIT, untilStopped, type Session } from '@sitedrive/terminal'
import { StatusLine } from './status-line.js'

const TICK_MS = 1_000

/**
 * Shows how things stand until the command is stopped.
 *
 * @param standing words for people, and a text that changes when a line of its own tells of it; null: there is nothing to show
 * @returns the exit code
 */
export async function stayOpen(
  { screen, env, signal }: Session,
  standing: () => [words: string, change: string] | null
): Promise<number> {
  const line = new StatusLine(screen, env)
  const show = () => {
    const now = standing()
    if (now) line.show(...now)
  }
  const timer = setInterval(show, TICK_MS)
  show()
  try {
    await untilStopped(signal)
  } finally {
    clearInterval(timer)
  }
  screen.info('Stopping.')
  return EXIT.done
}
