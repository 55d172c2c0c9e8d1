import { statSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core/start'
import type { Screen } from './screen.js'
import type { StopSignals } from './stop-signals.js'

/** The options that the commands of all programs take. */
export interface GlobalFlags {
  /** `--project`, as it was typed. */
  project?: string
  json?: boolean
  /** `--bootstrap`: `host:port`, one or several. */
  bootstrap?: string
}

/** One run of one command. */
export interface Session {
  /** Absolute: the folder of `sitedrive.json`. The program behaves as if started there. */
  projectDir: string
  env: NodeJS.ProcessEnv
  screen: Screen
  /** Fires when the process is asked to stop. */
  signal: AbortSignal
  /** From now on Ctrl-C, SIGTERM or SIGHUP is how the command ends well, and not an interruption. */
  endsBySignal(): void
}

export interface SessionParts {
  screen: Screen
  stop: StopSignals
  env: NodeJS.ProcessEnv
  /** What `--project` is relative to. */
  cwd: string
  /** Refuses a project folder for a reason of the program's own. @throws {SitedriveError} */
  checkProjectDir?: ((dir: string) => void) | undefined
}

/**
 * @throws {SitedriveError} DIR_MISSING when there is no such project folder, BAD_OPTION when the bootstrap address is none
 */
export async function openSession(
  { project = '.', bootstrap }: GlobalFlags,
  { screen, stop, env, cwd, checkProjectDir }: SessionParts
): Promise<Session> {
  const projectDir = path.resolve(cwd, project)
  checkProjectDir?.(projectDir)
  if (!statSync(projectDir, { throwIfNoEntry: false })?.isDirectory())
    throw new SitedriveError('DIR_MISSING', `There is no project folder \`${projectDir}\`.`)
  const address = bootstrap ?? env['SITEDRIVE_BOOTSTRAP']
  if (address) {
    // Now, not when the network is first needed: that may be after a long build. Core is loaded here at the earliest.
    const { parseBootstrap } = await import('@sitedrive/core')
    parseBootstrap(address)
  }
  return {
    projectDir,
    env: bootstrap ? { ...env, SITEDRIVE_BOOTSTRAP: bootstrap } : env,
    screen,
    signal: stop.signal,
    endsBySignal: () => stop.expect()
  }
}
