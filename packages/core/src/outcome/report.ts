import { seconds } from '../text.js'
import { plural, grouped, formatBytes, printable } from '../text.js'
import type { Finding } from '../content/content-types.js'
import type { LeftOutReason } from '../folder/walk.js'
import type { Notes, Outcome, Published, Unchanged } from './outcome.js'
import type { Progress } from '../progress.js'
import { describeHolder, type LockHolder } from '../machine/writer-process-lock.js'

/**
 * A line for a person. `say` is normal output. `notice` is normal output that is also shown when the generator is told to be
 * quiet. `warn` is shown as a warning if the host can do that, and also when the generator is told to be quiet.
 */
export interface ReportLine {
  level: 'say' | 'notice' | 'warn'
  text: string
  /** The text is an address and nothing else: people copy it, and programs read it. @default false */
  isLink?: boolean
  /** Readers of the site meet what a warning is about. @default false */
  isError?: boolean
}

/** The most findings that are listed. */
const MAX_FINDINGS = 5

/** The most paths in one warning. */
const MAX_NAMED = 5

/**
 * Describes an outcome in lines. Where the site is on the web stands in a line of its own, if it is known. The link of a new release
 * is the last line.
 */
export function describeOutcome(outcome: Outcome): ReportLine[] {
  if (outcome.status === 'skipped') return [notice(outcome.message)]
  const warnings = describeWarnings(outcome.notes)
  const seeds = [
    ...describeOvertaken(outcome),
    ...describeHolders(outcome),
    ...describeUnconfirmed(outcome),
    ...describeSeedRemarks(outcome)
  ]
  if (outcome.status === 'unchanged') {
    return [
      ...warnings,
      ...seeds,
      info(`No change: release ${outcome.release} is what you built. (${seconds(outcome.durationMs)})`),
      ...webAddress(outcome, 'say')
    ]
  }
  return [
    ...warnings,
    notice(describeRelease(outcome)),
    ...seeds,
    ...describeNotes(outcome),
    ...webAddress(outcome, 'notice'),
    { level: 'notice', text: outcome.link, isLink: true }
  ]
}

/** Describes what `publish --sync` did. The link is not among the lines. */
export function describeSync(outcome: Unchanged): ReportLine[] {
  const { release, seeds, durationMs } = outcome
  const did =
    seeds.length === 0
      ? `No seed is pinned, so release ${release} could not be handed on. Add one with \`npx sitedrive init --seed <key>\`.`
      : `Nothing was built or compared; release ${release} was handed to ${seeds.length === 1 ? 'the seed' : `${seeds.length} seeds`}. (${seconds(durationMs)})`
  return [
    ...describeOvertaken(outcome),
    ...describeHolders(outcome),
    ...describeSeedRemarks(outcome),
    info(did),
    ...webAddress(outcome, 'say')
  ]
}

/** Like `describeOutcome`, without the release line, the seeds that hold it, and the link. */
export function describeRemarks(outcome: Outcome): ReportLine[] {
  if (outcome.status === 'skipped') return []
  return [
    ...describeWarnings(outcome.notes),
    ...describeOvertaken(outcome),
    ...describeUnconfirmed(outcome),
    ...describeSeedRemarks(outcome),
    ...(outcome.status === 'published' ? describeNotes(outcome) : [])
  ]
}

export function describeWait(holder: LockHolder | null, waitedMs: number): string {
  const waited = waitedMs < 1000 ? '' : ` (${seconds(waitedMs)} so far)`
  return `Another publish of this site is running: ${describeHolder(holder)}. Waiting for it${waited}.`
}

/** Describes a step of a publish, for a status line that the next step overwrites. */
export function describeProgress({ phase, done, total, bytes, seed }: Progress): string {
  if (phase === 'ask') return `Asking ${plural(total, 'seed')} how far they have the site`
  const files = `${grouped(done)} of ${plural(total, 'file')}, ${formatBytes(bytes)}`
  if (phase === 'scan') return `Comparing: ${files} read`
  if (phase === 'write') return `Storing: ${files} read`
  if (phase === 'index') return `Writing the index: ${plural(total, 'change')}`
  const blocks = `${grouped(done)} of ${plural(total, 'block')}, ${formatBytes(bytes)}`
  return `Seed ${seed?.slice(0, 8) ?? ''}…: ${blocks}`
}

/** Describes a finding in one line: the place, the problem and the remedy. */
export function describeFinding({ source, path, line, what, remedy }: Finding): string {
  const place = `${source ?? path}${line === null ? '' : `:${line}`}`
  return printable(`${place}: ${what} ${remedy}`)
}

function describeRelease(outcome: Published): string {
  const { release, bytesWritten, durationMs, summary } = outcome
  const what = summary?.words ? printable(summary.words) : describeFiles(outcome)
  return `Release ${release}: ${what}; ${formatBytes(bytesWritten)} written, in ${seconds(durationMs)}.`
}

/** A quiet generator is silent when nothing changed, so then it is no link. */
function webAddress({ mirror }: Published | Unchanged, level: 'say' | 'notice'): ReportLine[] {
  return mirror === null ? [] : [{ level, text: mirror, ...(level === 'notice' && { isLink: true }) }]
}

function describeFiles(outcome: Published): string {
  const parts = (['add', 'change', 'remove'] as const).flatMap((op) => {
    const files = outcome.changes.filter((change) => change.op === op)
    const bytes = files.reduce((sum, change) => sum + change.bytes, 0)
    const verb = { add: 'added', change: 'changed', remove: 'removed' }[op]
    return files.length > 0 ? [`${plural(files.length, 'file')} ${verb} (${formatBytes(bytes)})`] : []
  })
  return parts.join(', ') || 'no files'
}

function describeOvertaken({ notes: { overtaken } }: Published | Unchanged): ReportLine[] {
  if (!overtaken) return []
  const { release, publishedAt } = overtaken
  return [
    {
      level: 'warn',
      text: `Release ${release} of this machine, of ${publishedAt}, was overtaken: it is no longer part of the site's history, since a seed had another one. Its files are published again only if they are in this build.`
    }
  ]
}

function describeHolders({ seeds, release, notes }: Published | Unchanged): ReportLine[] {
  const confirmed = seeds.filter((seed) => seed.confirmed)
  if (confirmed.length === 0) return []
  const slowest = Math.max(...confirmed.map(({ ms }) => ms))
  const others = seeds.filter((seed) => !seed.confirmed)
  const fetching = others.filter(({ problem }) => problem === null).length
  const holders = `${plural(confirmed.length, 'seed')} ${confirmed.length === 1 ? 'holds' : 'hold'} release ${release}, after ${seconds(slowest)}`
  // The warning that too few hold it has these sentences too.
  const problems = notes.unconfirmed ? [] : others.flatMap(({ problem }) => problem ?? [])
  const more = fetching > 0 ? `; ${grouped(fetching)} ${fetching === 1 ? 'is' : 'are'} still fetching it` : ''
  return [info([`${holders}${more}.`, ...problems].join(' '))]
}

function describeSeedRemarks({ notes: { seedRemarks } }: Published | Unchanged): ReportLine[] {
  return seedRemarks.map((remark) => ({ level: 'warn', text: printable(remark) }))
}

function describeUnconfirmed({ notes: { unconfirmed }, release }: Published | Unchanged): ReportLine[] {
  if (!unconfirmed) return []
  return [
    {
      level: 'warn',
      text: `Not confirmed: readers do not see release ${release} yet. ${unconfirmed.join(' ')} The next publish hands it on, or \`npx sitedrive publish --sync\`.`
    }
  ]
}

function describeNotes({ notes }: Published): ReportLine[] {
  const lines: ReportLine[] = []
  if (notes.undoesRollbackTo !== null) {
    lines.push(notice(`This undoes the rollback to release ${notes.undoesRollbackTo}.`))
  }
  if (notes.isUnseeded) {
    lines.push(
      info(
        'No seed keeps this site online yet: it is on this machine only. On a machine that stays up, `npx sitedrive peer` makes one, and prints what to run here.'
      )
    )
  }
  if (notes.newKeyIn !== null) {
    lines.push(
      notice(
        `The site's key is new; its secret is in ${notes.newKeyIn}. Whoever loses it cannot publish here again: \`npx sitedrive key backup\`.`
      )
    )
  }
  return lines
}

function describeWarnings(notes: Notes): ReportLine[] {
  const { leftOut, stale } = notes
  const lines: ReportLine[] = []
  if (leftOut.length > 0) {
    const reasons = new Map<LeftOutReason, number>()
    for (const { why } of leftOut) reasons.set(why, (reasons.get(why) ?? 0) + 1)
    const counted = [...reasons].map(([why, count]) => countedReason(why, count)).join(', ')
    const surprising = leftOut.filter(
      ({ why }) => why !== 'dot file' && why !== 'ignored' && why !== 'project file'
    )
    const names = surprising.length > 0 ? `: ${named(surprising.map(({ path }) => path))}` : ''
    lines.push({ level: surprising.length > 0 ? 'warn' : 'say', text: `Left out: ${counted}${names}` })
  }
  if (stale.length > 0) {
    lines.push({
      level: 'warn',
      text: `${plural(stale.length, 'file')} in the output not written by this build, published all the same: ${named(stale)}. Delete what is left over.`
    })
  }
  return [...lines, ...describeFindings(notes)]
}

/** Reasons that are told with their own plural. */
const PLURALS: Partial<Record<LeftOutReason, string>> = {
  'dot file': 'dot files',
  'link out of the dir': 'links out of the dir',
  'broken link': 'broken links',
  'project file': 'project files'
}

function countedReason(why: LeftOutReason, count: number): string {
  return `${grouped(count)} ${(count > 1 && PLURALS[why]) || why}`
}

function describeFindings({ findings, checksProblem, dir }: Notes): ReportLine[] {
  const lines: ReportLine[] = findings.slice(0, MAX_FINDINGS).map((finding) => ({
    level: 'warn',
    text: describeFinding(finding),
    ...(finding.level === 'error' && { isError: true })
  }))
  const warn = (text: string) => void lines.push({ level: 'warn', text })
  const more = findings.length - lines.length
  if (more > 0) warn(`… and ${grouped(more)} more: npx sitedrive review ${printable(dir ?? '<dir>')}`)
  if (checksProblem !== null)
    warn(`The site was published unchecked: ${printable(checksProblem).replace(/\.$/, '')}.`)
  return lines
}

function named(paths: readonly string[]): string {
  const more = paths.length > MAX_NAMED ? ` and ${paths.length - MAX_NAMED} more` : ''
  return paths.slice(0, MAX_NAMED).map(printable).join(', ') + more
}

function notice(text: string): ReportLine {
  return { level: 'notice', text }
}

function info(text: string): ReportLine {
  return { level: 'say', text }
}
