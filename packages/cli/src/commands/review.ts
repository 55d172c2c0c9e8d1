import { linkOf, type Review } from '@sitedrive/core'
import { plural, printable } from '@sitedrive/core/internal'
import { EXIT, type Session } from '@sitedrive/terminal'
import { describeChanges, describeFindings } from '../describe-review.js'
import { openPublisher, type ChecksFlags } from '../open-publisher.js'
import { onlyFolder, refuseMistyped } from '../output-folder.js'

export interface ReviewFlags extends ChecksFlags {
  against?: string
}

/** The exit code when there is something to publish. */
const SOMETHING_TO_PUBLISH = 3

/** @param dir a folder, or the link of a site that is compared with the project's own */
export async function review(session: Session, dir: string | undefined, flags: ReviewFlags): Promise<number> {
  if (dir !== undefined && /^(hyper|pear):\/\//i.test(dir)) {
    const { withCopy } = await import('../with-copy.js')
    return withCopy(session, dir, (copy) => reviewFolder(session, copy, flags))
  }
  if (dir !== undefined) refuseMistyped(session.projectDir, dir)
  return reviewFolder(session, dir, flags)
}

async function reviewFolder(session: Session, dir: string | undefined, flags: ReviewFlags): Promise<number> {
  const { projectDir, env, screen } = session
  const publisher = await openPublisher(session, flags)
  const { against } = flags
  const found = await publisher.review(
    dir ?? onlyFolder(projectDir),
    against === undefined ? {} : { against }
  )
  const { key, release, words, changes, pages, files, alike, findings } = found
  screen.json({ key, release, words: words || null, changes, pages, files, alike, findings })
  if (!screen.isJson) showReview(session, found, against)
  else if (found.checksProblem !== null) screen.warn(unchecked(found.checksProblem))
  const isFailing = (flags.checks ?? env['SITEDRIVE_CHECKS']) === 'fail'
  if (isFailing && (found.checksProblem !== null || findings.some(({ level }) => level === 'error')))
    return EXIT.failed
  return changes.length > 0 ? SOMETHING_TO_PUBLISH : EXIT.done
}

function showReview({ screen }: Session, found: Review, against: string | undefined): void {
  const { key, release, words, changes, findings, checksProblem } = found
  if (checksProblem !== null) screen.warn(unchecked(checksProblem))
  for (const line of describeFindings(findings, screen)) screen.print(line)
  for (const line of describeChanges(found, screen)) screen.print(line)
  const summary = changes.length > 0 ? words || plural(changes.length, 'change') : ''
  screen.print(
    against === undefined ? sinceRelease(release, summary) : since(`against \`${against}\``, summary)
  )
  if (against !== undefined) return
  if (key) screen.print(linkOf(key))
  else screen.info('This folder has no key yet; the first publish makes one.')
}

function since(base: string, words: string): string {
  const start = base.slice(0, 1).toUpperCase() + base.slice(1)
  return words ? `${start}: ${printable(words)}.` : `No change ${base}.`
}

function sinceRelease(release: number, words: string): string {
  if (release > 0) return since(`since release ${release}`, words)
  const nothing = 'Nothing has been published from this machine yet'
  return words ? `${nothing}: ${printable(words)}.` : `${nothing}.`
}

function unchecked(why: string): string {
  return `The site was not checked: ${printable(why).replace(/\.$/, '')}.`
}
