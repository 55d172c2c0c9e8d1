import { SitedriveError } from '@sitedrive/core'
import { CommandFailed, EXIT, type Session } from '@sitedrive/terminal'
import { openPublisher, type PublishFlags } from '../open-publisher.js'
import { changedFolder, fingerprints } from '../output-folder.js'
import { runBuildCommand } from '../run-build-command.js'
import { showOutcome } from '../show-outcome.js'

export interface RunFlags extends PublishFlags {
  dir?: string
}

/** Runs a build and publishes its folder. When the build fails, its exit code is returned. */
export async function run(session: Session, command: string[], flags: RunFlags): Promise<number> {
  const { projectDir, screen, env, signal } = session
  const publisher = await openPublisher(session, flags)
  await publisher.site() // a damaged sitedrive.json must be reported before a long build, not after it

  const before = flags.dir === undefined ? fingerprints(projectDir) : null
  const exitCode = await runBuildCommand(command, {
    cwd: projectDir,
    env,
    stdoutToStderr: screen.isJson,
    signal
  })
  if (signal.aborted) throw new SitedriveError('ABORTED', 'Stopped. Nothing was published.')
  if (exitCode !== 0) {
    throw new CommandFailed(
      `\`${command.join(' ')}\` failed with exit code ${exitCode}. Nothing was published.`,
      exitCode
    )
  }
  showOutcome(session, await publisher.publish(flags.dir ?? changedFolder(projectDir, before ?? new Map())))
  return EXIT.done
}
