import { spawn, spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import type { Command } from './run-command.js'
import { until } from './until.js'

export const CTRL_C = '\x03'

/** `script` of util-linux, part of every Debian, gives a process a terminal of its own. */
export const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

export interface AtTerminal {
  /** All that was on the screen so far. */
  shown: () => string
  /** Waits until this is on the screen, not before `from`. */
  untilShows: (words: string, from?: number) => Promise<unknown>
  type: (keys: string) => void
  /** Closes the terminal, as somebody does who closes its window. */
  hangUp: () => void
  /** The exit code of the command. */
  ended: Promise<number | null>
}

/** Starts a real command at a terminal of its own. It does not outlive the running test. */
export function startAtTerminal(
  { command, args }: Command,
  { cwd, env }: { cwd?: string; env: NodeJS.ProcessEnv }
): AtTerminal {
  // `exec`: a shell that stayed would hear of Ctrl-C too, and dash then answers 130 for whatever the command answered.
  const line = `exec ${[command, ...args].map((word) => `'${word}'`).join(' ')}`
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm', ...env }
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    shown: () => shown,
    untilShows: (words, from = 0) => until(() => shown.includes(words, from), { describe: () => shown }),
    type: (keys) => child.stdin.write(keys),
    hangUp: () => void child.kill('SIGKILL'),
    ended
  }
}
