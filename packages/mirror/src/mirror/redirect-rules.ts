import {
  isLocalTarget,
  isShowStatus,
  MAX_REDIRECT_LINE,
  MAX_REDIRECTS,
  readRedirectsFile,
  REDIRECT_STATUSES,
  redirectMatcher,
  SHOW_STATUSES,
  type Captures,
  type RedirectFault,
  type RedirectRule,
  type RedirectStatus,
  type ShowStatus
} from '@sitedrive/core/rules'
import { encodePath } from './request-path.js'

/** What a rule makes of a path. */
export type Ruling =
  /** Shows another path of the same site, under the path that was asked for. */
  | { kind: 'show'; status: ShowStatus; path: string }
  /** Sends the client elsewhere; `location` is ready for a header, `query` is still to be put in with `withQuery`. */
  | { kind: 'send'; status: RedirectStatus; location: string }

export interface AppliedRule {
  ruling: Ruling
  /** Applies although the path exists: the status was written with a `!`. */
  isForced: boolean
}

/** The rules of a `_redirects` file. */
export interface RedirectRules {
  /** What the first rule that matches this path makes of it, or null. */
  ruleFor(path: string): AppliedRule | null
}

/** Why a `_redirects` file cannot be used. */
export class RedirectsError extends Error {}

/** What is said of a line, the first that applies; completes the sentence “Line 3 of _redirects …”. */
const FAULTS: readonly (readonly [fault: RedirectFault, words: string])[] = [
  ['line-length', `is longer than ${MAX_REDIRECT_LINE} characters`],
  ['no-target', 'names no target'],
  ['more', 'has more than a path, a target and a status'],
  ['from', 'does not begin with a path that starts with "/"'],
  ['path', 'has an "*" that is not at its end, or a malformed path'],
  ['placeholder-count', 'has an "*" that is not at its end, or a malformed path'],
  ['status', `has a status that is none of ${[...SHOW_STATUSES, ...REDIRECT_STATUSES].join(', ')}`],
  ['shown-elsewhere', 'shows a page of another site, which only a redirect (301, 302 …) can'],
  ['target', 'redirects to something that is neither a path nor an http or https address'],
  ['rule-count', `is one too many: at most ${MAX_REDIRECTS} rules are read`]
]

/**
 * Reads a `_redirects` file.
 *
 * @throws {RedirectsError} that names the first line that cannot be used
 */
export function parseRedirects(text: string): RedirectRules {
  const { rules, unusable } = readRedirectsFile(text)
  const [first] = unusable
  if (first) {
    // A condition and a query have another fault each: mirrors know no such words.
    const [, words] = FAULTS.find(([fault]) => first.faults.has(fault)) ?? [null, 'cannot be used']
    throw new RedirectsError(`Line ${first.line} of _redirects ${words}.`)
  }
  const match = redirectMatcher(rules)
  return {
    ruleFor: (path) => {
      const found = match(path)
      return found && apply(found.rule, found.captures)
    }
  }
}

function apply({ target, status, isForced }: RedirectRule, captures: Captures): AppliedRule {
  if (isShowStatus(status)) {
    // Query and fragment mean nothing to a file.
    const path = fill(target.replace(/[?#].*$/s, ''), captures, (value) => value)
    return { isForced, ruling: { kind: 'show', status, path: path.replace(/\/{2,}/g, '/') } }
  }
  const location = fill(asciiOf(target), captures, encodePath)
  // What fills a path must not make it the address of another host: `/:splat` with `/example.org`.
  return {
    isForced,
    ruling: {
      kind: 'send',
      status,
      location: isLocalTarget(target) ? location.replace(/^\/+/, '/') : location
    }
  }
}

/** Puts a request's query into a location, before its fragment and after a query of its own. */
export function withQuery(location: string, query: string): string {
  if (query.length < 2) return location
  const hash = location.indexOf('#')
  const [bare, fragment] = hash === -1 ? [location, ''] : [location.slice(0, hash), location.slice(hash)]
  // It goes back as it came, but for what no header may carry.
  const sent = query.replace(/[^\x21-\x7e]/g, encodeURIComponent)
  return bare + (bare.includes('?') ? `&${sent.slice(1)}` : sent) + fragment
}

/** Replaces whole `:names`, in one pass: what a value brings along is not looked at again. */
function fill(template: string, captures: Captures, written: (value: string) => string): string {
  return template.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => {
    const value = captures[name]
    return value === undefined ? whole : written(value)
  })
}

function asciiOf(target: string): string {
  return target.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}
