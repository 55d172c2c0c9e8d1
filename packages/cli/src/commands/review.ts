import { formatBytes, linkOf, plural, printable, type Change, type Review } from '@sitedrive/core'
import { EXIT } from '../exit-code.js'
import { openPublisher } from '../open-publisher.js'
import type { Session } from '../session.js'

const GROUPS = [
  { op: 'add', title: 'To add', mark: '+', color: 'green' },
  { op: 'change', title: 'To change', mark: '~', color: 'yellow' },
  { op: 'remove', title: 'To remove', mark: '-', color: 'red' }
] as const

/** On a terminal a first publish must not scroll the summary away. */
const MAX_ON_TERMINAL = 40

export async function review(session: Session, dir: string): Promise<number> {
  const publisher = await openPublisher(session)
  const found = await publisher.review(dir)
  const { key, release, changes } = found
  session.screen.json({ key, release, changes, findings: [] })
  if (!session.screen.isJson) showReview(session, found)
  return changes.length > 0 ? EXIT.somethingToPublish : EXIT.done
}

function showReview({ screen }: Session, { key, release, changes }: Review): void {
  for (const { op, title, mark, color } of GROUPS) {
    const group = changes.filter((change) => change.op === op)
    if (group.length === 0) continue
    screen.say(`${title}: ${plural(group.length, 'file')}, ${formatBytes(sum(group))}`)
    const shown = screen.isTerminal ? group.slice(0, MAX_ON_TERMINAL) : group
    for (const { path, bytes } of shown) {
      screen.say(
        `  ${screen.paint(color, `${mark} ${printable(path)}`)}  ${screen.paint('dim', formatBytes(bytes))}`
      )
    }
    const hidden = group.length - shown.length
    if (hidden > 0) screen.say(`  … and ${hidden.toLocaleString('en')} more`)
  }
  const against =
    release > 0 ? `since release ${release}` : 'nothing has been published from this machine yet'
  const count = changes.length > 0 ? plural(changes.length, 'change') : 'No change'
  screen.say(release > 0 ? `${count} ${against}.` : `${count}: ${against}.`)
  if (key) screen.say(linkOf(key))
  else screen.note('This folder has no key yet; the first publish makes one.')
}

function sum(changes: Change[]): number {
  return changes.reduce((bytes, change) => bytes + change.bytes, 0)
}
