import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { SitedriveError } from '@sitedrive/core'
import { childEnvironment, type SecretKeeper } from '@sitedrive/core/internal'
import type { JekyllCommand } from './find-jekyll.js'
import { readJekyllEvents, type JekyllEvent } from './jekyll-events.js'
import { readJekyllOutput } from './jekyll-output.js'

export interface RunJekyllOptions {
  /** The folder that Jekyll runs in. */
  cwd: string
  env: NodeJS.ProcessEnv
  /** true: stdout has the result of this process only, so Jekyll's output goes to stderr. */
  stdoutToStderr: boolean
  /** true: Jekyll runs with `--safe` and loads no plugin, so its events are read from its output. @default false */
  isSafe?: boolean
  /** The name of this process: a publish inside Jekyll says that this process has the secret. @default 'dev process' */
  keeper?: SecretKeeper
  onEvent: (event: JekyllEvent) => void
}

/** A running Jekyll in this terminal. It ends with this process at the latest. */
export interface RunningJekyll {
  /** Resolves with the exit code; 128 plus the signal's number when a signal ended it. Rejects when Jekyll could not be started. */
  ended: Promise<number>
  /** Asks Jekyll to end, and kills it after 5 s. @param isSignalled true: Jekyll got a signal already, such as by Ctrl-C @default false */
  stop(isSignalled?: boolean): void
}

/** The file descriptor that the plugin inside Jekyll writes to. */
const EVENTS_FILE = 3
const STOP_MS = 5_000

/** Starts Jekyll. @param words its arguments: `build` and so on */
export function runJekyll(
  command: JekyllCommand,
  words: readonly string[],
  { cwd, env, stdoutToStderr, isSafe = false, keeper, onEvent }: RunJekyllOptions
): RunningJekyll {
  const isWindows = process.platform === 'win32'
  const all = [...command.words, ...words]
  const [program = '', ...rest] = all
  const child = spawn(isWindows ? all.map(quoted).join(' ') : program, isWindows ? [] : rest, {
    cwd,
    // Themes and plugins of Jekyll are programs of other people, and must not get the secret.
    // guard: the secret is not for Jekyll
    env: childEnvironment(
      { ...env, ...localeFor(env), ...command.env, SITEDRIVE_JEKYLL_EVENTS: String(EVENTS_FILE) },
      keeper
    ),
    stdio: [
      'inherit',
      isSafe ? 'pipe' : stdoutToStderr ? 2 : 'inherit',
      isSafe ? 'pipe' : 'inherit',
      'pipe' // EVENTS_FILE
    ],
    shell: isWindows // bundle and jekyll are scripts on Windows, and only a shell can start them
  })
  const events = child.stdio[EVENTS_FILE] as Duplex
  readJekyllEvents(events, onEvent)
  if (child.stdout && child.stderr) {
    child.stdout.pipe(stdoutToStderr ? process.stderr : process.stdout, { end: false })
    child.stderr.pipe(process.stderr, { end: false })
    readJekyllOutput(child.stdout, child.stderr, onEvent)
  }
  const killNow = () => void child.kill('SIGKILL')
  process.on('exit', killNow)
  let isStopping = false
  return {
    ended: exitCodeOf(child, all).finally(() => process.off('exit', killNow)),
    stop(isSignalled = false) {
      if (isStopping) return
      isStopping = true
      // Not SIGTERM: at that, Jekyll prints a stack trace.
      if (!isSignalled) child.kill('SIGINT')
      // guard: a Jekyll that hangs is ended
      setTimeout(killNow, STOP_MS).unref()
    }
  }
}

function exitCodeOf(child: ChildProcess, words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new SitedriveError(
          'COMMAND_FAILED',
          `\`${words.join(' ')}\` could not be started: ${cause.message}.`,
          { cause }
        )
      )
    })
    // guard: a Jekyll that was killed has failed
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

function quoted(word: string): string {
  return /[\s"&|<>^()]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word
}

/** Many containers have no locale. Ruby then reads file names as ASCII, and Jekyll fails on other characters. */
function localeFor({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Record<string, string> {
  return LC_ALL || LC_CTYPE || LANG ? {} : { LANG: 'C.UTF-8' }
}
