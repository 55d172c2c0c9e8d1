import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { childEnvironment, SitedriveError } from '@sitedrive/core'

export interface RunBuildOptions {
  cwd: string
  env: NodeJS.ProcessEnv
  /** The command's own output must not mix with a result on stdout. */
  stdoutToStderr: boolean
  /** Fires when this process was asked to stop. */
  signal: AbortSignal
}

/**
 * Runs a command with this terminal as its own.
 *
 * @returns its exit code; 128 and the signal's number when a signal ended it
 * @throws {SitedriveError} COMMAND_FAILED when it cannot be started
 */
export async function runBuildCommand(words: string[], options: RunBuildOptions): Promise<number> {
  const [program = '', ...rest] = words
  const isWindows = process.platform === 'win32'
  const child = spawn(isWindows ? words.map(quoted).join(' ') : program, isWindows ? [] : rest, {
    cwd: options.cwd,
    // guard: secret: the build of `sitedrive run` never sees it
    env: childEnvironment(options.env, 'sitedrive run'),
    stdio: ['inherit', options.stdoutToStderr ? 2 : 'inherit', 'inherit'],
    shell: isWindows // npm and npx are scripts there, which only a shell can start
  })
  const stop = () => {
    // Ctrl-C at a terminal reaches the command by itself, and many take a second one for "at once".
    if (options.signal.reason !== 'SIGINT' || !process.stdin.isTTY)
      child.kill(options.signal.reason as NodeJS.Signals)
  }
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(words, options.cwd, error)))
      child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
    })
  } finally {
    options.signal.removeEventListener('abort', stop)
  }
}

function notStarted(words: string[], cwd: string, cause: NodeJS.ErrnoException): SitedriveError {
  const [program = ''] = words
  const isOneText = words.length === 1 && /\s/.test(program)
  const why = cause.code === 'ENOENT' ? 'there is no such program' : cause.message
  const hint = isOneText
    ? ` It was given as one text: leave out the quotes, or name a shell: \`sitedrive run -- sh -c '…'\`.`
    : ` It was looked for from \`${cwd}\`; a program of the project needs \`npx\` before it.`
  return new SitedriveError('COMMAND_FAILED', `\`${words.join(' ')}\` could not be started: ${why}.${hint}`, {
    cause
  })
}

function quoted(word: string): string {
  return /[\s"&|<>^()]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word
}
