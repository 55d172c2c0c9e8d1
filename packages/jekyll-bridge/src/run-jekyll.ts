import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { childEnvironment, SitedriveError, type SecretKeeper } from '@sitedrive/core'
import type { JekyllCommand } from './find-jekyll.js'
import { readJekyllEvents, type JekyllEvent } from './jekyll-events.js'
import { readJekyllOutput } from './jekyll-output.js'

export interface RunJekyllOptions {
  /** The folder that it runs in. */
  cwd: string
  env: NodeJS.ProcessEnv
  /** Jekyll's own output must not mix with a result on stdout. */
  stdoutToStderr: boolean
  /** With `--safe` Jekyll loads no plugin: what it does is read from what it prints. @default false */
  isSafe?: boolean
  /** What this process is, so that a process of Jekyll's can say why it does not publish. @default 'dev process' */
  keeper?: SecretKeeper
  onEvent: (event: JekyllEvent) => void
}

/** A Jekyll that runs, with this terminal as its own. It never outlives this process. */
export interface RunningJekyll {
  /** Its exit code; 128 and the signal's number when a signal ended it. Rejects when it could not be started. */
  ended: Promise<number>
  /** Asks it to end, and ends it when it does not within 5 s. @param isAsked it was asked already, as by Ctrl-C */
  stop(isAsked?: boolean): void
}

/** Of its open files, the one that the plugin inside Jekyll writes to. */
const EVENTS_FILE = 3
const STOP_MS = 5_000

/** @param words what follows Jekyll's own name: `build` and so on */
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
    // Themes and plugins of Jekyll are other people's programs, and need no key.
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
    shell: isWindows // bundle and jekyll are scripts there, which only a shell can start
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
    ended: endOf(child, all).finally(() => process.off('exit', killNow)),
    stop(isAsked = false) {
      if (isStopping) return
      isStopping = true
      // SIGTERM would end it as well, but with a stack trace.
      if (!isAsked) child.kill('SIGINT')
      // guard: a Jekyll that hangs is ended
      setTimeout(killNow, STOP_MS).unref()
    }
  }
}

function endOf(child: ChildProcess, words: readonly string[]): Promise<number> {
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

/** Without a locale, as in many containers, Ruby takes names of files for ASCII, and Jekyll fails on the first that is not. */
function localeFor({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Record<string, string> {
  return LC_ALL || LC_CTYPE || LANG ? {} : { LANG: 'C.UTF-8' }
}
