import { plural, printable } from '@sitedrive/core'
import type { Change } from '@sitedrive/core/preview'
import type { LiveStatus, Viewers } from '@sitedrive/preview/live'

/** What a followed preview is known of. */
export interface Following {
  /** Whether anything of it is on this machine. */
  isHere: boolean
  status: LiveStatus
  /** Peers that are connected, the author among them. */
  peers: number
  /** Whether the author was looked for so long that it counts as offline. */
  isSearched: boolean
}

/** Longest message of a failed build on one line. */
const MAX_MESSAGE = 300

/** Who a followed preview is connected to, and what is shown meanwhile. */
export function describeConnection({ isHere, status, peers, isSearched }: Following): string {
  const others = status.author.online ? peers - 1 : peers
  if (!isHere) {
    if (peers === 0) return 'Waiting for the author …'
    return `Connected to ${plural(peers, 'peer')}, fetching the first build …`
  }
  if (status.author.online) {
    const beside = others > 0 ? ` and ${plural(others, 'other peer')}` : ''
    return `Connected to the author${beside}`
  }
  if (!isSearched) {
    const who = others > 0 ? `Connected to ${plural(others, 'peer')}, looking` : 'Looking'
    return `${who} for the author; showing what was fetched before`
  }
  return others > 0
    ? `Connected to ${plural(others, 'peer')}, the author is offline: showing the newest that they have`
    : 'The author is offline: showing what was fetched before'
}

/** How long ago something was, `null` when the time is not told well enough. */
export function describeAge(at: string | null, now = Date.now()): string | null {
  const then = Date.parse(at ?? '')
  if (Number.isNaN(then)) return null
  const seconds = Math.max(0, Math.floor((now - then) / 1000)) // another machine's clock may be ahead
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`
}

/** `3 changed, 1 removed`; an empty text when nothing differs. */
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

/** The words of somebody else's generator, on one line. */
export function describeFailure({ message, file, line }: NonNullable<LiveStatus['failure']>): string {
  const [first = ''] = message.trim().split('\n')
  const place =
    file === null ? '' : ` (${printable(file.slice(0, MAX_MESSAGE))}${line === null ? '' : `:${line}`})`
  return `The author's build failed: ${printable(first.slice(0, MAX_MESSAGE))}${place}`
}
