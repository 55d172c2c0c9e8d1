import { decodeAddress } from './decode-address.js'
import { segmentPattern, type Captures, type PathPattern } from './path-pattern.js'
import { linesOf, singleSlashes } from './rule-file.js'

/** Statuses that send the client elsewhere, and statuses that show a page of the same site under the path that was asked for. */
export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const
export const SHOW_STATUSES = [200, 404, 410, 451] as const
export type RedirectStatus = (typeof REDIRECT_STATUSES)[number]
export type ShowStatus = (typeof SHOW_STATUSES)[number]

/** Rules in a file, how many of these may have placeholders or an `*`, and characters in a line. */
export const MAX_REDIRECTS = 10_000
export const MAX_PATTERN_REDIRECTS = 1_000
export const MAX_REDIRECT_LINE = 1_000

/** One rule that can be used. */
export interface RedirectRule {
  /** From 1. */
  line: number
  /** Decoded, starts with `/`, without a slash at its end: `/old` means `/old/` too. */
  from: string
  /** The rule is for this host name of the site alone, in lower case and without port; null: for all. */
  host: string | null
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
  /** The first rule with placeholders or an `*` that is one too many. */
  | 'pattern-count'
  /** It is for some readers only, such as `Country=de`. */
  | 'condition'
  /** It is for some queries only, such as `id=:id`. */
  | 'query'
  /** It begins with neither a path nor a web address. */
  | 'from'
  /** Its path has a query, which is never part of a path that is asked for. */
  | 'from-query'
  /** Its path has a fragment, which browsers do not send. */
  | 'from-fragment'
  /** Its path is malformed, or has an `*` that is not the last segment. */
  | 'path'
  /** A placeholder of its path is not a whole segment, as in `/:name.html`. */
  | 'placeholder-part'
  /** A placeholder stands twice in its path. */
  | 'placeholder-twice'
  /** Its target has `:splat`, and its path has no `*`. */
  | 'splat'
  | 'placeholder-count'
  | 'no-target'
  | 'status'
  /** It has more words than a path, a target and a status. */
  | 'more'
  /** It shows a page of another site. */
  | 'shown-elsewhere'
  /** It redirects to what is neither a path nor a web address. */
  | 'target'

/** A line that cannot be used. Mirrors pass over it, and use the others. */
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
 * segment, and `*` as its last segment for the rest. It means the same with and without a slash at its end. A `from` that is a
 * web address is for that host name of the site.
 *
 * Source: https://specs.ipfs.tech/http-gateways/web-redirects-file/, with Netlify's `!`. Rules of status 200 show pages
 * of the same site only: mirrors fetch nothing from elsewhere.
 */
export function readRedirectsFile(text: string): RedirectsFile {
  const rules: RedirectRule[] = []
  const unusable: UnusableRedirect[] = []
  let count = 0
  let patterns = 0
  for (const [at, line] of linesOf(text).entries()) {
    const words = wordsOf(line)
    if (!words) continue
    count++
    const { faults, rule, matches } = readRule(words, at + 1)
    if (line.length > MAX_REDIRECT_LINE) faults.set('line-length', '')
    const isPattern = rule !== null && hasPlaceholder(rule)
    if (isPattern) patterns++
    // Once: those after it are too many as well.
    if (count === MAX_REDIRECTS + 1) faults.set('rule-count', '')
    if (isPattern && patterns === MAX_PATTERN_REDIRECTS + 1) faults.set('pattern-count', '')
    const isTooMany = count > MAX_REDIRECTS || (isPattern && patterns > MAX_PATTERN_REDIRECTS)
    if (faults.size > 0) {
      unusable.push({ line: at + 1, text: line.trim(), faults, matches, status: words.status })
    } else if (rule && !isTooMany) rules.push(rule)
  }
  return { rules, unusable }
}

export interface RedirectMatch {
  rule: RedirectRule
  /** What the placeholders and the `*` of the rule stand for. */
  captures: Captures
}

/**
 * Makes a search among rules.
 *
 * @returns gives the rules that match a decoded path, in their order; those of a host name only when it is that of the request
 */
export function redirectMatcher(
  rules: readonly RedirectRule[]
): (path: string, host?: string | null) => Iterable<RedirectMatch> {
  // Most rules have no placeholder: they are found at once, and patterns are tried only where they come first.
  const exact = new Map<string, number[]>()
  const patterns: number[] = []
  for (const [at, rule] of rules.entries()) {
    if (hasPlaceholder(rule)) patterns.push(at)
    else {
      const same = exact.get(rule.from)
      if (same) same.push(at)
      else exact.set(rule.from, [at])
    }
  }
  return function* matches(path: string, host: string | null = null): Generator<RedirectMatch, void> {
    const isFor = (rule: RedirectRule) => rule.host === null || rule.host === host
    let next = 0
    for (const literal of [...(exact.get(withoutEndSlash(path)) ?? []), Infinity]) {
      for (; next < patterns.length && patterns[next]! < literal; next++) {
        const rule = rules[patterns[next]!]!
        const captures = isFor(rule) ? rule.matches(path) : null
        if (captures) yield { rule, captures }
      }
      const rule = rules[literal]
      if (rule && isFor(rule)) yield { rule, captures: NO_CAPTURES }
    }
  }
}

/** Replaces complete `:names` of a target in one pass, so that a `:name` inside a value is not replaced. */
export function fillTarget(
  target: string,
  captures: Captures,
  written: (value: string, part: 'path' | 'query') => string
): string {
  // A value must not change which host a web address names.
  const origin = /^https?:\/\/[^/?#]*/i.exec(target)?.[0] ?? ''
  const query = target.indexOf('?')
  const hash = target.indexOf('#')
  const isInQuery = (at: number) => query !== -1 && at > query && (hash === -1 || (query < hash && at < hash))
  return target.replace(/:([A-Za-z]\w*)/g, (whole, name: string, at: number) => {
    const value = at < origin.length ? undefined : captures[name]
    return value === undefined ? whole : written(value, isInQuery(at) ? 'query' : 'path')
  })
}

/** The path of a target without query and fragment. */
export function pathOfTarget(target: string): string {
  return target.replace(/[?#].*$/s, '')
}

export function hasPlaceholder({ from }: RedirectRule): boolean {
  return /[:*]/.test(from)
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
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
  const said = comment === -1 ? words : words.slice(0, comment)
  const [from = '', target = '', status = '301', ...more] = said
  if (from === '') return null
  // Netlify's short form of a rule that leaves paths as they are, so that no later rule is for them.
  if (from.startsWith('/') && from.endsWith('/*') && /^200!?$/.test(target))
    return { from, target: from.replace(/\*$/, ':splat'), status: target, more: said.slice(2) }
  return { from, target, status, more }
}

interface ReadRule {
  faults: Map<RedirectFault, string>
  /** null when there is a fault. */
  rule: RedirectRule | null
  matches: PathPattern | null
}

function readRule({ from, target, status, more }: Words, line: number): ReadRule {
  const faults = new Map<RedirectFault, string>()
  const condition = [target, status, ...more].find((word) => /^(?:Country|Language|Role|Cookie)=/i.test(word))
  if (condition !== undefined) faults.set('condition', condition)
  if (/^\w[\w-]*=:?\w*$/.test(target)) faults.set('query', target)
  const place = placeOf(from)
  if (!place) faults.set('from', from)
  if (from.includes('?')) faults.set('from-query', from)
  else if (from.includes('#')) faults.set('from-fragment', from)
  const decoded = decodeAddress(place?.path ?? from)
  const path = decoded === null ? null : withoutEndSlash(singleSlashes(decoded))
  const pattern = path === null ? 'path' : segmentPattern(path)
  const matches: PathPattern | null =
    typeof pattern === 'string' || !place
      ? null
      : path!.endsWith('*')
        ? pattern
        : (asked) => pattern(withoutEndSlash(asked))
  if (typeof pattern === 'string') faults.set(pattern, from)
  else for (const [fault, word] of placeholderFaults(path!, target)) faults.set(fault, word)
  if (more.length > 0) faults.set('more', more[0]!)
  const code = readStatus(status.replace(/!$/, ''))
  if (code === null) faults.set('status', status)
  if (target === '') faults.set('no-target', '')
  else if (isShowStatus(code)) {
    if (!isLocalTarget(target)) faults.set('shown-elsewhere', target)
  } else if (!isLocalTarget(target) && !isWebAddress(target)) faults.set('target', target)

  if (path === null || !place || !matches || code === null || faults.size > 0) {
    return { faults, rule: null, matches }
  }
  return {
    faults,
    rule: {
      line,
      from: path,
      host: place.host,
      matches,
      target,
      status: code,
      isForced: status.endsWith('!')
    },
    matches
  }
}

/** @returns null when `from` is neither a path nor a web address */
function placeOf(from: string): { host: string | null; path: string } | null {
  if (from.startsWith('/')) return { host: null, path: from }
  const [, host, path] = /^https?:\/\/([a-z0-9.-]+)(?::\d+)?(\/.*)?$/i.exec(from) ?? []
  return host === undefined ? null : { host: host.toLowerCase(), path: path ?? '/' }
}

function* placeholderFaults(path: string, target: string): Generator<[RedirectFault, string]> {
  const segments = path.split('/')
  const part = segments.find((segment) => /^:[A-Za-z]\w*[^\w]/.test(segment))
  if (part !== undefined) yield ['placeholder-part', part]
  const names = segments.filter((segment) => /^:[A-Za-z]\w*$/.test(segment))
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) yield ['placeholder-twice', twice]
  const hasSplat = segments.at(-1) === '*' || names.includes(':splat')
  if (!hasSplat && /:splat(?!\w)/.test(target)) yield ['splat', target]
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
