import { SitedriveError } from '@sitedrive/core'
import { EXIT, type Session } from '@sitedrive/terminal'
import { openPublisher, type PublishFlags } from '../open-publisher.js'
import { refuseMistyped } from '../output-folder.js'
import { showOutcome, showSync } from '../show-outcome.js'

export async function publish(
  session: Session,
  dir: string | undefined,
  flags: PublishFlags
): Promise<number> {
  if (dir !== undefined && !flags.sync) refuseMistyped(session.projectDir, dir)
  const publisher = await openPublisher(session, flags)
  if (flags.sync) showSync(session, await publisher.sync())
  else showOutcome(session, await publisher.publish(named(dir)))
  return EXIT.done
}

function named(dir: string | undefined): string {
  if (dir !== undefined) return dir
  throw new SitedriveError(
    'BAD_OPTION',
    'Which folder? `npx sitedrive publish <dir>`, such as `npx sitedrive publish _site`; or `--sync`.'
  )
}
