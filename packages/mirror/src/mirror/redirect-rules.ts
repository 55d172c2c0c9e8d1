import { segmentPattern, type Captures, type PathPattern } from './path-pattern.js'
import { encodePath } from './request-path.js'

/** The action of a rule for a path. */
export type Ruling =
  /** Shows another path of the same site at the requested path. */
  | { kind: 'show'; status: 200 | 404 | 410 | 451; path: string }
  /** Redirects the client. `location` is encoded for a header; `withQuery` adds the request's query. */
  | { kind: 'send'; status: RedirectStatus; location: string }

export interface Ruled {
  ruling: Ruling
  /** Applies even when the path exists: the status has a `!`. */
  isForced: boolean
}

/** The rules of a `_redirects` file. */
export interface RedirectRules {
  /** The action of the first rule that matches this path, or null. */
  ruleFor(path: string): Ruled | null
}

/** The error of a `_redirects` file that cannot be used. */
export class RedirectsError extends Error {}

const REDIRECT_STATUS = [301, 302, 303, 307, 308] as const
const SHOW_STATUS = [200, 404, 410, 451] as const
type RedirectStatus = (typeof REDIRECT_STATUS)[number]
type ShowStatus = (typeof SHOW_STATUS)[number]

/** The same limit as in IPFS gateways. Bytes. */
export const MAX_REDIRECTS_BYTES = 64 * 1024
const MAX_RULES = 2_000
const MAX_LINE = 1_000

/** Without a prototype, so that `:constructor` is an ordinary name. */
const NOTHING = Object.freeze(Object.create(null) as Captures)

interface Rule {
  matches: PathPattern
  target: string
  status: RedirectStatus | ShowStatus
  isForced: boolean
}

/**
 * Reads a `_redirects` file: `from to [status][!]` on each line, `#` begins a comment.
 *
 * Source: https://specs.ipfs.tech/http-gateways/web-redirects-file/, with Netlify's `!`. Rules of status 200 show only pages
 * of the same site: this server fetches nothing from other servers.
 *
 * @throws {RedirectsError} that names the line
 */
export function parseRedirects(text: string): RedirectRules {
  const rules: Rule[] = []
  const exact = new Map<string, number>()
  const patterns: number[] = []
  let lineNumber = 0
  for (const line of text.split(/\r\n|\r|\n/)) {
    lineNumber++
    const rule = parseLine(line, (why) => new RedirectsError(`Line ${lineNumber} of _redirects ${why}.`))
    if (!rule) continue
    if (rules.length === MAX_RULES) {
      throw new RedirectsError(
        `Line ${lineNumber} of _redirects is one too many: at most ${MAX_RULES} rules are read.`
      )
    }
    const { from, ...rest } = rule
    if (!/[:*]/.test(from)) {
      if (!exact.has(from)) exact.set(from, rules.length)
    } else patterns.push(rules.length)
    rules.push(rest)
  }
  return { ruleFor: (path) => firstMatch(path, rules, exact, patterns) }
}

function firstMatch(
  path: string,
  rules: Rule[],
  exact: Map<string, number>,
  patterns: number[]
): Ruled | null {
  const literal = exact.get(path) ?? Infinity
  for (const at of patterns) {
    if (at > literal) break
    const rule = rules[at]!
    const captures = rule.matches(path)
    if (captures) return apply(rule, captures)
  }
  const rule = rules[literal]
  return rule ? apply(rule, NOTHING) : null
}

function parseLine(line: string, error: (why: string) => RedirectsError): (Rule & { from: string }) | null {
  if (line.length > MAX_LINE) throw error(`is longer than ${MAX_LINE} characters`)
  const words = line.trim().split(/\s+/)
  // A `#` inside a word belongs to a target's fragment.
  const comment = words.findIndex((word) => word.startsWith('#'))
  const [from = '', target = '', code = '301', ...more] = comment === -1 ? words : words.slice(0, comment)
  if (from === '') return null
  if (target === '') throw error('names no target')
  if (more.length > 0) throw error('has more than a path, a target and a status')
  if (!from.startsWith('/')) throw error('does not begin with a path that starts with "/"')
  const plain = decoded(from)
  const matches = plain === null ? null : segmentPattern(plain)
  if (plain === null || !matches) throw error('has an "*" that is not at its end, or a malformed path')

  const status = readStatus(code.replace(/!$/, ''))
  if (status === null)
    throw error(`has a status that is none of ${[...SHOW_STATUS, ...REDIRECT_STATUS].join(', ')}`)
  if (isShowStatus(status)) {
    if (!isLocal(target)) throw error(`shows a page of another site, which only a redirect (301, 302 …) can`)
  } else if (!isLocal(target) && !isWebAddress(target)) {
    throw error('redirects to something that is neither a path nor an http or https address')
  }
  return { from: plain, matches, target, status, isForced: code.endsWith('!') }
}

function apply({ target, status, isForced }: Rule, captures: Captures): Ruled {
  if (isShowStatus(status)) {
    // A file has no query and no fragment.
    const path = fill(target.replace(/[?#].*$/s, ''), captures, (value) => value)
    return { isForced, ruling: { kind: 'show', status, path: path.replace(/\/{2,}/g, '/') } }
  }
  const location = fill(asciiOf(target), captures, encodePath)
  // A captured value must not turn the path into an address on another host: `/:splat` with `/example.org`.
  return {
    isForced,
    ruling: { kind: 'send', status, location: isLocal(target) ? location.replace(/^\/+/, '/') : location }
  }
}

/** Adds a request's query to a location: after its own query and before its fragment. */
export function withQuery(location: string, query: string): string {
  if (query.length < 2) return location
  const hash = location.indexOf('#')
  const [bare, fragment] = hash === -1 ? [location, ''] : [location.slice(0, hash), location.slice(hash)]
  // Characters that a header may not contain are encoded; the others stay the same.
  const sent = query.replace(/[^\x21-\x7e]/g, encodeURIComponent)
  return bare + (bare.includes('?') ? `&${sent.slice(1)}` : sent) + fragment
}

/** Replaces whole `:names`, in one pass: names inside a value are not replaced. */
function fill(template: string, captures: Captures, encode: (value: string) => string): string {
  return template.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => {
    const value = captures[name]
    return value === undefined ? whole : encode(value)
  })
}

function asciiOf(target: string): string {
  return target.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}

function readStatus(code: string): RedirectStatus | ShowStatus | null {
  return [...SHOW_STATUS, ...REDIRECT_STATUS].find((status) => String(status) === code) ?? null
}

function isShowStatus(status: number): status is ShowStatus {
  return (SHOW_STATUS as readonly number[]).includes(status)
}

/** True for a path of the same site; false for `//host` and `/\host`. */
function isLocal(target: string): boolean {
  return /^\/(?![/\\])/.test(target) && !target.includes('\\')
}

function isWebAddress(target: string): boolean {
  return /^https?:\/\/[^/\\]/i.test(target) && URL.canParse(target)
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
