import { EXIT } from '../exit-code.js'
import { openPublisher, type PublishFlags } from '../open-publisher.js'
import type { Session } from '../session.js'
import { showOutcome } from '../show-outcome.js'

export async function publish(session: Session, dir: string, flags: PublishFlags): Promise<number> {
  const publisher = await openPublisher(session, flags)
  showOutcome(session, await publisher.publish(dir))
  return EXIT.done
}
