import { SitedriveError } from '@sitedrive/core'
import { EXIT, type Session } from '@sitedrive/terminal'
import { openPublisher, type PublishFlags } from '../open-publisher.js'
import { showOutcome } from '../show-outcome.js'

export async function publish(
  session: Session,
  dir: string | undefined,
  flags: PublishFlags
): Promise<number> {
  const publisher = await openPublisher(session, flags)
  showOutcome(session, await (flags.sync ? publisher.sync() : publisher.publish(named(dir))))
  return EXIT.done
}

function named(dir: string | undefined): string {
  if (dir !== undefined) return dir
  throw new SitedriveError(
    'BAD_OPTION',
    'Which folder? `sitedrive publish <dir>`, such as `sitedrive publish _site`; or `--sync`.'
  )
}
