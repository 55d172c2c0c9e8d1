import {
  decodeAddress,
  fillTarget,
  isLocalTarget,
  isShowStatus,
  pathOfTarget,
  readRedirectsFile,
  redirectMatcher,
  singleSlashes,
  type RedirectMatch,
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
  /** The host names that some rules are for alone, in lower case. */
  hosts: readonly string[]
  /**
   * Applies the first rule that matches the path; null when none matches. A redirect to the very path that was asked for is
   * passed over: it would never end.
   *
   * @param host the host name of the request, when it is one of `hosts`
   */
  ruleFor(path: string, host?: string | null): AppliedRule | null
}

/** `_redirects` is there and cannot be read. */
export class RedirectsError extends Error {}

export const NO_REDIRECTS: RedirectRules = { hosts: [], ruleFor: () => null }

/** Rules for further host names are passed over: each costs a plan for every path. */
const MAX_HOSTS = 20

/** Reads a `_redirects` file. Lines that cannot be used are passed over. */
export function parseRedirects(text: string): RedirectRules {
  const { rules } = readRedirectsFile(text)
  const match = redirectMatcher(rules)
  return {
    hosts: [...new Set(rules.flatMap(({ host }) => host ?? []))].slice(0, MAX_HOSTS),
    ruleFor: (path, host = null) => {
      for (const found of match(path, host)) {
        const applied = apply(found)
        // guard: mirror: a rule that leads to where it is for is passed over, however it is written
        if (applied.ruling.kind === 'send' && decodeAddress(pathOfTarget(applied.ruling.location)) === path)
          continue
        return applied
      }
      return null
    }
  }
}

function apply({ rule: { target, status, isForced }, captures }: RedirectMatch): AppliedRule {
  if (isShowStatus(status)) {
    // The path of a file has no query and no fragment.
    const encoded = fillTarget(pathOfTarget(target), captures, encodePath)
    const path = singleSlashes(decodeAddress(encoded) ?? encoded)
    return { isForced, ruling: { kind: 'show', status, path } }
  }
  const location = fillTarget(asciiOf(target), captures, (value, part) =>
    part === 'query' ? encodeURIComponent(value) : encodePath(value)
  )
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

/**
 * Adds the query of a request to a location: after the location's own query, and before its fragment. Where both have a
 * parameter, the one of the request is sent.
 */
export function withQuery(location: string, query: string): string {
  if (query.length < 2) return location
  const hash = location.indexOf('#')
  const [bare, fragment] = hash === -1 ? [location, ''] : [location.slice(0, hash), location.slice(hash)]
  // Only characters that are not allowed in a header are encoded.
  const sent = query.slice(1).replace(/[^\x21-\x7e]/g, encodeURIComponent)
  const [path = '', own = ''] = splitAt(bare, '?')
  const asked = new Set(sent.split('&').map(nameOf))
  const kept = own.split('&').filter((parameter) => parameter !== '' && !asked.has(nameOf(parameter)))
  return `${path}?${[...kept, sent].join('&')}${fragment}`
}

function nameOf(parameter: string): string {
  return splitAt(parameter, '=')[0] ?? ''
}

function splitAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function asciiOf(target: string): string {
  return target.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}
