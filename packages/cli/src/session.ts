import { statSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Screen } from './screen.js'
import type { StopSignals } from './stop-signals.js'

/** The options that every command takes. */
export interface GlobalFlags {
  project?: string
  json?: boolean
  bootstrap?: string
  /** false with `--no-color`. */
  color: boolean
}

/** One run of one command: where it works, whom it speaks to, and when it must stop. */
export interface Session {
  /** Absolute; `sitedrive` behaves as if started there. */
  projectDir: string
  env: NodeJS.ProcessEnv
  screen: Screen
  signal: AbortSignal
  /** From now on Ctrl-C or SIGTERM is how the command ends well, and not an interruption. */
  endsBySignal(): void
}

/**
 * @throws {SitedriveError} DIR_MISSING or DIR_INVALID when there is no such project folder, BAD_OPTION when the
 *   bootstrap address is none
 */
export async function openSession(
  flags: GlobalFlags,
  screen: Screen,
  stop: StopSignals,
  env: NodeJS.ProcessEnv
): Promise<Session> {
  const projectDir = path.resolve(flags.project ?? '.')
  await checkProjectDir(projectDir)
  // A wrong address must not wait for the first command that needs the network.
  const bootstrap = flags.bootstrap ?? env['SITEDRIVE_BOOTSTRAP']
  if (bootstrap) {
    const { parseBootstrap } = await import('@sitedrive/core')
    parseBootstrap(bootstrap)
  }
  return {
    projectDir,
    env: flags.bootstrap ? { ...env, SITEDRIVE_BOOTSTRAP: flags.bootstrap } : env,
    screen,
    signal: stop.signal,
    endsBySignal: () => stop.expect()
  }
}

/** Whoever can answer a question: nobody with `--json`, in CI, or without a terminal. */
export async function asker({
  screen,
  env,
  signal
}: Session): Promise<((question: string) => Promise<boolean>) | null> {
  if (screen.isJson) return null
  const { SitedriveError, terminalQuestion } = await import('@sitedrive/core')
  const ask = terminalQuestion(env, process.stdin, process.stderr)
  return (
    ask &&
    (async (question) => {
      screen.clearProgress()
      const isYes = await ask(question)
      // Ctrl-C at a question comes back as a signal, in the next turn of the event loop.
      await nextTurn()
      await nextTurn()
      if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped. Nothing was changed.')
      return isYes
    })
  )
}

async function checkProjectDir(dir: string): Promise<void> {
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return
  const { SitedriveError } = await import('@sitedrive/core')
  throw stats
    ? new SitedriveError('DIR_INVALID', `The project folder \`${dir}\` is a file.`)
    : new SitedriveError('DIR_MISSING', `There is no project folder \`${dir}\`.`)
}
