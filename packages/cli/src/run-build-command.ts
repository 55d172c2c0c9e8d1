import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { SitedriveError } from '@sitedrive/core'
import { childEnvironment } from '@sitedrive/core/internal'

export interface RunBuildOptions {
  cwd: string
  env: NodeJS.ProcessEnv
  /** true: stdout has the result of this process only, so the command's output goes to stderr. */
  stdoutToStderr: boolean
  /** Fires when this process is asked to stop; its reason is the signal's name. */
  signal: AbortSignal
}

/**
 * Runs a command in this terminal, without the site's secret.
 *
 * @returns its exit code; 128 plus the signal's number when a signal ended it
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
    shell: isWindows // npm and npx are scripts on Windows, and only a shell can start them
  })
  const stop = () => {
    // At a terminal, Ctrl-C reaches the command directly. A second signal would end many commands at once.
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
    ? ` It was given as one text: leave out the quotes, or name a shell: \`npx sitedrive run -- sh -c '…'\`.`
    : ` It was looked for from \`${cwd}\`; a program of the project needs \`npx\` before it.`
  return new SitedriveError('COMMAND_FAILED', `\`${words.join(' ')}\` could not be started: ${why}.${hint}`, {
    cause
  })
}

function quoted(word: string): string {
  return /[\s"&|<>^()]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word
}
