/** `1 page`, `2 pages`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** A size in bytes, with a unit: `312 kB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export function seconds(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** `2 hours ago`; the date when it is more than a week ago. */
export function ago(iso: string, now = Date.now()): string {
  const then = Date.parse(iso)
  if (Number.isNaN(then)) return ''
  const minutes = Math.floor(Math.max(0, now - then) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${plural(minutes, 'minute')} ago`
  if (minutes < 60 * 24) return `${plural(Math.floor(minutes / 60), 'hour')} ago`
  if (minutes < 60 * 24 * 7) return `${plural(Math.floor(minutes / 60 / 24), 'day')} ago`
  return new Date(then).toLocaleDateString('en', { year: 'numeric', month: 'long', day: 'numeric' })
}

/** The full date and time. */
export function moment(iso: string): string {
  const then = new Date(iso)
  return Number.isNaN(then.getTime())
    ? ''
    : then.toLocaleString('en', { dateStyle: 'long', timeStyle: 'short', hour12: false })
}

/** `ba74tx6m…` */
export function short(key: string): string {
  return `${key.slice(0, 8)}…`
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
