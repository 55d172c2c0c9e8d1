import { printable } from '../text.js'
import type { Check, Finding } from './content-types.js'

/** One cause of findings: what is wrong and what to do, for all files that have it. */
export interface Cause {
  check: Check
  level: Finding['level']
  /** As written. */
  value: string | null
  /** Text to search in the file to find its line. @default value */
  written?: string
  /** @param count number of files that have it */
  what: (count: number) => string
  remedy: string
  /** The file to repair, when that is known already. */
  source?: string | null
}

const MAX_ALSO_IN = 20
const MAX_VALUE = 500

interface CollectedFinding extends Cause {
  path: string
  line: number | null
  alsoIn: string[]
  count: number
  /** The file that was last counted. */
  last: string
}

/** Collects findings: one for each cause, in however many files. */
export class FindingList {
  private readonly collected = new Map<string, CollectedFinding>()

  /**
   * @param key the same for the same cause
   * @param line in the file at `path`, or in `source` where the cause names one; null when it is not known yet
   */
  add(key: string, path: string, line: number | null, cause: () => Cause): void {
    const known = this.collected.get(key)
    if (!known) {
      this.collected.set(key, { ...cause(), path, line, alsoIn: [], count: 1, last: path })
      return
    }
    // Files are checked one after another, so only the last one can be counted twice.
    if (known.last === path) return
    known.last = path
    known.count++
    if (known.alsoIn.length < MAX_ALSO_IN) known.alsoIn.push(path)
  }

  /** Errors first, then by path. */
  toArray(): UnplacedFinding[] {
    const unplaced = [...this.collected.values()].map(toUnplaced)
    return unplaced.sort((a, b) => compareFindings(a.finding, b.finding))
  }
}

/** A finding whose source file and line may still be unknown. */
export interface UnplacedFinding {
  finding: Finding
  /** Text to search; null: there is none. */
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
  ...collected
}: CollectedFinding): UnplacedFinding {
  const { path, line, alsoIn, count } = collected
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
  return findings.toSorted(compareFindings)
}

function compareFindings(a: Finding, b: Finding): number {
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

/** A value from a file in backticks. It cannot control a terminal and cannot end the backticks; long values are cut. */
export function quoted(value: string): string {
  const short = value.length > 120 ? `${value.slice(0, 119)}…` : value
  // guard: content: text from pages cannot act on a terminal
  return `\`${printable(short).replaceAll('`', 'ˋ')}\``
}
