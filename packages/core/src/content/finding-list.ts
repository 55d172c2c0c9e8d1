import { printable } from '../text.js'
import type { Check, Finding } from './content-types.js'

/** What is wrong and what to do, once for all files that show it. */
export interface Cause {
  check: Check
  level: Finding['level']
  /** As written. */
  value: string | null
  /** What stands in the file, by which its line is found. @default value */
  written?: string
  /** @param count files that show it */
  what: (count: number) => string
  remedy: string
  /** Where to mend it, when that is known beforehand. */
  source?: string | null
}

const MAX_ALSO_IN = 20
const MAX_VALUE = 500

interface Noted extends Cause {
  path: string
  line: number | null
  alsoIn: string[]
  count: number
  /** The file that was counted last. */
  last: string
}

/** Gathers findings: one for one cause, wherever it shows. */
export class FindingList {
  private readonly noted = new Map<string, Noted>()

  /**
   * @param key the same for the same cause
   * @param line in the file at `path`, or in `source` where the cause names one; null when it is not known yet
   */
  add(key: string, path: string, line: number | null, cause: () => Cause): void {
    const known = this.noted.get(key)
    if (!known) {
      this.noted.set(key, { ...cause(), path, line, alsoIn: [], count: 1, last: path })
      return
    }
    // Files come one after another, so a file that was counted is the last that was.
    if (known.last === path) return
    known.last = path
    known.count++
    if (known.alsoIn.length < MAX_ALSO_IN) known.alsoIn.push(path)
  }

  /** In order. */
  toArray(): UnplacedFinding[] {
    const unplaced = [...this.noted.values()].map(toUnplaced)
    return unplaced.sort((a, b) => inWhichOrder(a.finding, b.finding))
  }
}

/** A finding of which it may not be known yet where it is to be mended. */
export interface UnplacedFinding {
  finding: Finding
  /** null: nothing that could be looked for. */
  written: string | null
}

function toUnplaced({
  check,
  level,
  value,
  written,
  what,
  remedy,
  source,
  ...noted
}: Noted): UnplacedFinding {
  const { path, line, alsoIn, count } = noted
  return {
    written: written ?? value,
    finding: {
      check,
      level,
      path,
      alsoIn,
      count,
      source: source ?? null,
      line,
      value: value === null ? null : value.slice(0, MAX_VALUE),
      what: what(count),
      remedy
    }
  }
}

/** Errors first, then by path. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(inWhichOrder)
}

function inWhichOrder(a: Finding, b: Finding): number {
  return (
    Number(a.level === 'warning') - Number(b.level === 'warning') ||
    compare(a.path, b.path) ||
    compare(a.check, b.check) ||
    (a.line ?? 0) - (b.line ?? 0)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A value from a file, in backticks, such that it cannot act on a terminal or end its quotes. */
export function quoted(value: string): string {
  const short = value.length > 120 ? `${value.slice(0, 119)}…` : value
  return `\`${printable(short).replaceAll('`', 'ˋ')}\``
}
