import { statSync } from 'node:fs'
import path from 'node:path'
import { refuseOldNode, SitedriveError } from '@sitedrive/core/start'
import type { Screen } from './screen.js'
import type { StopSignals } from './stop-signals.js'

/** The options that the commands of all programs take. */
export interface GlobalFlags {
  /** The value of `--project`, unchanged. */
  project?: string
  json?: boolean
  /** `--bootstrap`: one or several of `host:port`. */
  bootstrap?: string
}

/** One run of one command. */
export interface Session {
  /** The folder of `sitedrive.json`, absolute. The program works as if it was started there. */
  projectDir: string
  env: NodeJS.ProcessEnv
  screen: Screen
  /** Fires when the process is asked to stop. */
  signal: AbortSignal
  /** Call it when Ctrl-C, SIGTERM or SIGHUP is the normal end of the command: the exit code is then that of a success. */
  expectStopSignal(): void
}

export interface SessionParts {
  screen: Screen
  stop: StopSignals
  env: NodeJS.ProcessEnv
  /** The folder that `--project` is relative to. */
  cwd: string
  /** An additional check of the project folder. @throws {SitedriveError} when it is refused */
  checkProjectDir?: ((dir: string) => void) | undefined
}

/**
 * @throws {SitedriveError} NODE_TOO_OLD, DIR_MISSING when the project folder does not exist, BAD_OPTION when the bootstrap address is invalid
 */
export async function openSession(
  { project = '.', bootstrap }: GlobalFlags,
  { screen, stop, env, cwd, checkProjectDir }: SessionParts
): Promise<Session> {
  refuseOldNode()
  const projectDir = path.resolve(cwd, project)
  checkProjectDir?.(projectDir)
  if (!statSync(projectDir, { throwIfNoEntry: false })?.isDirectory())
    throw new SitedriveError('DIR_MISSING', `There is no project folder \`${projectDir}\`.`)
  const address = bootstrap ?? env['SITEDRIVE_BOOTSTRAP']
  if (address) {
    // Checked now, since the network may be needed only after a long build. Core is imported here, so that `--help` does not load it.
    const { parseBootstrap } = await import('@sitedrive/core/internal')
    parseBootstrap(address)
  }
  return {
    projectDir,
    env: bootstrap ? { ...env, SITEDRIVE_BOOTSTRAP: bootstrap } : env,
    screen,
    signal: stop.signal,
    expectStopSignal: () => stop.expect()
  }
}
