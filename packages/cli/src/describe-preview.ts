import { plural, printable } from '@sitedrive/core/internal'
import type { Change } from '@sitedrive/core/preview'
import type { LiveStatus, Viewers } from '@sitedrive/preview/live'

/** The state of a followed preview. */
export interface Following {
  /** True when this machine has a state of it. */
  isHere: boolean
  status: LiveStatus
  /** Number of connected peers, with the author. */
  peers: number
  /** True when the search for the author took so long that an author who was not found counts as offline. */
  isSearchOver: boolean
}

/** Longer messages of a failed build are cut. Characters. */
const MAX_MESSAGE = 300

/** Describes which peers are connected, and which state is shown. */
export function describeConnection({ isHere, status, peers, isSearchOver }: Following): string {
  const others = status.author.online ? peers - 1 : peers
  if (!isHere) {
    if (peers === 0) return 'Waiting for the author …'
    return `Connected to ${plural(peers, 'peer')}, fetching the first build …`
  }
  if (status.author.online) {
    const beside = others > 0 ? ` and ${plural(others, 'other peer')}` : ''
    return `Connected to the author${beside}`
  }
  if (!isSearchOver) {
    const who = others > 0 ? `Connected to ${plural(others, 'peer')}, looking` : 'Looking'
    return `${who} for the author; showing what was fetched before`
  }
  return others > 0
    ? `Connected to ${plural(others, 'peer')}, the author is offline: showing the newest that they have`
    : 'The author is offline: showing what was fetched before'
}

/** Describes how long ago a time was; null when the time is missing or invalid. */
export function describeAge(at: string | null, now = Date.now()): string | null {
  const then = Date.parse(at ?? '')
  if (Number.isNaN(then)) return null
  const seconds = Math.max(0, Math.floor((now - then) / 1000)) // the clock of the other machine may be ahead
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`
}

/** `3 changed, 1 removed`; empty when there are no changes. */
export function describeChanges(changes: readonly Change[]): string {
  const count = (op: Change['op']) => changes.filter((change) => change.op === op).length
  return [
    [count('add'), 'added'],
    [count('change'), 'changed'],
    [count('remove'), 'removed']
  ]
    .filter(([number]) => number !== 0)
    .map(([number, done]) => `${number} ${done}`)
    .join(', ')
}

export function describeViewers({ browsers, peers }: Viewers): string {
  return `${plural(browsers, 'browser')}, ${plural(peers, 'peer')}`
}

/** Describes a failed build on one line. The message comes from a generator on another machine. */
export function describeFailure({ message, file, line }: NonNullable<LiveStatus['failure']>): string {
  const [first = ''] = message.trim().split('\n')
  const place =
    file === null ? '' : ` (${printable(file.slice(0, MAX_MESSAGE))}${line === null ? '' : `:${line}`})`
  return `The author's build failed: ${printable(first.slice(0, MAX_MESSAGE))}${place}`
}
