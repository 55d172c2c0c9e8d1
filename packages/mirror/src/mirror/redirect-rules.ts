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

/** The result of a rule for a path. */
export type Ruling =
  /** Shows the file of another path of the same site at the requested path. */
  | { kind: 'show'; status: ShowStatus; path: string }
  /** Redirects the client. `location` is encoded for the header; `withQuery` adds the query of the request. */
  | { kind: 'send'; status: RedirectStatus; location: string }

export interface AppliedRule {
  ruling: Ruling
  /** true: the rule applies although the path exists, because its status has a `!`. */
  isForced: boolean
}

/** The rules of a `_redirects` file. */
export interface RedirectRules {
  /** Applies the first rule that matches the path; null when none matches. */
  ruleFor(path: string): AppliedRule | null
}

/** Why a `_redirects` file cannot be used. */
export class RedirectsError extends Error {}

/** The end of the sentence “Line 3 of _redirects …”. When a line has several faults, the first one in this list is used. */
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
    // Conditions and queries, which mirrors do not support, always have a fault of this list as well.
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
    // The path of a file has no query and no fragment.
    const path = fill(target.replace(/[?#].*$/s, ''), captures, (value) => value)
    return { isForced, ruling: { kind: 'show', status, path: path.replace(/\/{2,}/g, '/') } }
  }
  const location = fill(asciiOf(target), captures, encodePath)
  // Two leading slashes would be the address of another host: `/:splat` with `/example.org`.
  return {
    isForced,
    ruling: {
      kind: 'send',
      status,
      location: isLocalTarget(target) ? location.replace(/^\/+/, '/') : location
    }
  }
}

/** Adds the query of a request to a location: after the location's own query, and before its fragment. */
export function withQuery(location: string, query: string): string {
  if (query.length < 2) return location
  const hash = location.indexOf('#')
  const [bare, fragment] = hash === -1 ? [location, ''] : [location.slice(0, hash), location.slice(hash)]
  // Only characters that are not allowed in a header are encoded.
  const sent = query.replace(/[^\x21-\x7e]/g, encodeURIComponent)
  return bare + (bare.includes('?') ? `&${sent.slice(1)}` : sent) + fragment
}

/** Replaces complete `:names` in one pass, so that a `:name` inside a value is not replaced. */
function fill(template: string, captures: Captures, written: (value: string) => string): string {
  return template.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => {
    const value = captures[name]
    return value === undefined ? whole : written(value)
  })
}

function asciiOf(target: string): string {
  return target.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}
