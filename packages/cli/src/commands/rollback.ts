import { describeOutcome, outcomeJson, readRelease } from '@sitedrive/core'
import { plural } from '@sitedrive/core/internal'
import { EXIT, yesNoPrompt, type Session } from '@sitedrive/terminal'
import { openPublisher } from '../open-publisher.js'
import { whenPublished } from '../when-published.js'

export interface RollbackFlags {
  yes?: boolean
}

export async function rollback(session: Session, release: number, flags: RollbackFlags): Promise<number> {
  const { screen, projectDir, env } = session
  const confirm = flags.yes ? null : await yesNoPrompt(session)
  if (confirm) {
    const { publishedAt, files } = await readRelease(projectDir, release, env)
    const what = `release ${release} (${whenPublished(publishedAt)}, ${plural(files, 'file')})`
    if (!(await confirm(`Publish the files of ${what} again, as a new release?`))) {
      screen.info('Nothing was changed.')
      return EXIT.failed
    }
  }
  const publisher = await openPublisher(session)
  screen.progress(`Rolling back to release ${release}`)
  const outcome = await publisher.rollback(release)
  if (outcome.status === 'skipped') throw new Error(outcome.message) // cannot happen: core throws an error instead
  screen.json(outcomeJson(outcome))
  if (outcome.status === 'unchanged') {
    screen.print(`No change: release ${outcome.release} has the files of release ${release} already.`)
    screen.print(outcome.link)
    return EXIT.done
  }
  const lines = describeOutcome(outcome)
  for (const { text, isLink } of lines) if (!isLink) screen.print(text)
  screen.print(
    `The site shows the files of release ${release} again. The next publish of your folder undoes that.`
  )
  for (const { text, isLink } of lines) if (isLink) screen.print(text)
  return EXIT.done
}
