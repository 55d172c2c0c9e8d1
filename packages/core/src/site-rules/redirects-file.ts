import { segmentPattern, type Captures, type PathPattern } from './path-pattern.js'
import { decodePath, linesOf } from './rule-file.js'

/** Statuses that send the client elsewhere, and statuses that show a page of the same site under the path that was asked for. */
export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const
export const SHOW_STATUSES = [200, 404, 410, 451] as const
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number]
export type ShowStatus = (typeof SHOW_STATUSES)[number]

/** Rules in a file, and characters in a line. */
export const MAX_REDIRECTS = 2_000
export const MAX_REDIRECT_LINE = 1_000

/** One rule that can be used. */
export interface RedirectRule {
  /** Decoded, starts with `/`. */
  from: string
  matches: PathPattern
  /** As written. */
  target: string
  status: RedirectStatus | ShowStatus
  /** Applies although the path exists: the status was written with a `!`. */
  isForced: boolean
}

/** What can be wrong with a line. A line can have several faults. */
export type RedirectFault =
  | 'line-length'
  /** The first rule that is one too many. */
  | 'rule-count'
  /** It is for some readers only, such as `Country=de`. */
  | 'condition'
  /** It is for some queries only, such as `id=:id`. */
  | 'query'
  /** It does not begin with a path. */
  | 'from'
  /** Its path is malformed, or has an `*` that is not the last segment. */
  | 'path'
  | 'placeholder-count'
  | 'no-target'
  | 'status'
  /** It has more words than a path, a target and a status. */
  | 'more'
  /** It shows a page of another site. */
  | 'shown-elsewhere'
  /** It redirects to what is neither a path nor a web address. */
  | 'target'

/** A line that cannot be used. Mirrors then use no rule of the file. */
export interface UnusableRedirect {
  /** From 1. */
  line: number
  /** As written, without white space around it. */
  text: string
  /** At least one. The value is the word that has the fault; of `line-length` and `rule-count` it is empty. */
  faults: ReadonlyMap<RedirectFault, string>
  /** The paths that the rule is meant for; null when that cannot be told. */
  matches: PathPattern | null
  /** As written; `301` where there is none. */
  status: string
}

export interface RedirectsFile {
  /** In the order of the file. */
  rules: RedirectRule[]
  unusable: UnusableRedirect[]
}

/**
 * Reads a `_redirects` file: `from to [status][!]` on each line, `#` begins a comment. A path may have `:placeholder` for a
 * segment, and `*` as its last segment for the rest.
 *
 * Source: https://specs.ipfs.tech/http-gateways/web-redirects-file/, with Netlify's `!`. Rules of status 200 show pages
 * of the same site only: mirrors fetch nothing from elsewhere.
 */
export function readRedirectsFile(text: string): RedirectsFile {
  const rules: RedirectRule[] = []
  const unusable: UnusableRedirect[] = []
  let count = 0
  for (const [at, line] of linesOf(text).entries()) {
    const words = wordsOf(line)
    if (words) count++
    const { faults, rule, matches } = words
      ? readRule(words)
      : { faults: new Map<RedirectFault, string>(), rule: null, matches: null }
    // Of a comment too.
    if (line.length > MAX_REDIRECT_LINE) faults.set('line-length', '')
    // Once: those after it are too many as well.
    if (words && count === MAX_REDIRECTS + 1) faults.set('rule-count', '')
    if (faults.size > 0) {
      unusable.push({ line: at + 1, text: line.trim(), faults, matches, status: words?.status ?? '' })
    } else if (rule && count <= MAX_REDIRECTS) rules.push(rule)
  }
  return { rules, unusable }
}

/** @returns a search for the first rule that matches a decoded path, with what its placeholders and its `*` stand for there */
export function redirectMatcher(
  rules: readonly RedirectRule[]
): (path: string) => { rule: RedirectRule; captures: Captures } | null {
  // Most rules have no placeholder: they are found at once, and patterns are tried only where they come first.
  const exact = new Map<string, number>()
  const patterns: number[] = []
  for (const [at, { from }] of rules.entries()) {
    if (/[:*]/.test(from)) patterns.push(at)
    else if (!exact.has(from)) exact.set(from, at)
  }
  return (path) => {
    const literal = exact.get(path) ?? Infinity
    for (const at of patterns) {
      if (at > literal) break
      const rule = rules[at]!
      const captures = rule.matches(path)
      if (captures) return { rule, captures }
    }
    const rule = rules[literal]
    return rule ? { rule, captures: NO_CAPTURES } : null
  }
}

/** Without a prototype: `:constructor` is a name like any other. */
const NO_CAPTURES = Object.freeze(Object.create(null) as Captures)

interface Words {
  from: string
  target: string
  status: string
  more: string[]
}

/** null: the line is blank or a comment. */
function wordsOf(line: string): Words | null {
  const words = line.trim().split(/\s+/)
  // A `#` inside a word belongs to a target's fragment.
  const comment = words.findIndex((word) => word.startsWith('#'))
  const [from = '', target = '', status = '301', ...more] = comment === -1 ? words : words.slice(0, comment)
  return from === '' ? null : { from, target, status, more }
}

interface ReadRule {
  faults: Map<RedirectFault, string>
  /** null when there is a fault. */
  rule: RedirectRule | null
  matches: PathPattern | null
}

function readRule({ from, target, status, more }: Words): ReadRule {
  const faults = new Map<RedirectFault, string>()
  const condition = [target, status, ...more].find((word) => /^(?:Country|Language|Role|Cookie)=/i.test(word))
  if (condition !== undefined) faults.set('condition', condition)
  if (/^\w[\w-]*=:?\w*$/.test(target)) faults.set('query', target)
  if (!from.startsWith('/')) faults.set('from', from)
  const path = decodePath(from)
  const matches = path === null ? 'path' : segmentPattern(path)
  if (typeof matches === 'string') faults.set(matches, from)
  if (more.length > 0) faults.set('more', more[0]!)
  const code = readStatus(status.replace(/!$/, ''))
  if (code === null) faults.set('status', status)
  if (target === '') faults.set('no-target', '')
  else if (isShowStatus(code)) {
    if (!isLocalTarget(target)) faults.set('shown-elsewhere', target)
  } else if (!isLocalTarget(target) && !isWebAddress(target)) faults.set('target', target)

  if (path === null || typeof matches === 'string' || !from.startsWith('/')) {
    return { faults, rule: null, matches: null }
  }
  if (faults.size > 0 || code === null) return { faults, rule: null, matches }
  return {
    faults,
    rule: { from: path, matches, target, status: code, isForced: status.endsWith('!') },
    matches
  }
}

function readStatus(code: string): RedirectStatus | ShowStatus | null {
  return [...SHOW_STATUSES, ...REDIRECT_STATUSES].find((status) => String(status) === code) ?? null
}

export function isShowStatus(status: number | null): status is ShowStatus {
  return (SHOW_STATUSES as readonly (number | null)[]).includes(status)
}

/** A path of the same site; `//host` and `/\host` are none. */
export function isLocalTarget(target: string): boolean {
  return /^\/(?![/\\])/.test(target) && !target.includes('\\')
}

function isWebAddress(target: string): boolean {
  return /^https?:\/\/[^/\\]/i.test(target) && URL.canParse(target)
}
