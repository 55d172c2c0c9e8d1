import {
  fillTarget,
  hasPlaceholder,
  isLocalTarget,
  isShowStatus,
  pathOfTarget,
  redirectMatcher,
  type RedirectMatch,
  type RedirectRule,
  type RedirectsFile
} from '../site-rules/redirects-file.js'
import { decodeAddress } from '../site-rules/decode-address.js'
import { REDIRECTS_PATH, singleSlashes } from '../site-rules/rule-file.js'
import type { Finding, SiteView } from './content-types.js'
import { quoted, type FindingList } from './finding-list.js'
import { KnownPaths } from './known-paths.js'
import { NearestPath } from './nearest-path.js'

/** Browsers give up after 20 redirects. */
const MAX_HOPS = 20

/** A part of a path that no site has: what matches it, matches any. */
const ANY = '\u{1}any'

type Trouble = Pick<Finding, 'level' | 'remedy'> & { why: string }

/** Finds rules that lead nowhere, in a circle, or are never reached. */
export function checkRedirectTargets(
  { rules }: RedirectsFile,
  { files }: SiteView,
  findings: FindingList
): void {
  const site = new RuledSite(rules, new KnownPaths(files))
  for (const rule of rules) {
    const trouble = site.shadowOf(rule) ?? site.troubleOf(rule)
    if (!trouble) continue
    const { level, why, remedy } = trouble
    findings.add(`redirect target ${rule.line}`, REDIRECTS_PATH, rule.line, () => ({
      check: 'redirect-rule',
      level,
      value: `${rule.from} ${rule.target}`,
      what: () => `The rule ${quoted(`${rule.from} ${rule.target}`)} ${why}.`,
      remedy
    }))
  }
}

/** The files of a site and its rules, as a mirror uses them. */
class RuledSite {
  private readonly paths: KnownPaths
  private readonly nearest: NearestPath
  private readonly circling = new Set<RedirectRule>()
  private readonly match: (path: string, host?: string | null) => Iterable<RedirectMatch>

  constructor(rules: readonly RedirectRule[], paths: KnownPaths) {
    this.paths = paths
    this.nearest = new NearestPath(paths)
    this.match = redirectMatcher(rules)
  }

  /** Why a rule is never used, or null. */
  shadowOf(rule: RedirectRule): Trouble | null {
    const first = samplesOf(rule).map((path) => this.firstAt(path, rule.host))
    const [earlier] = first
    if (earlier && first.every((found) => found && found.line < rule.line)) {
      return {
        level: 'warning',
        why: `is never used: line ${earlier.line} (${quoted(earlier.from)}) comes first`,
        remedy: 'Move it up, or delete it.'
      }
    }
    if (rule.isForced || hasPlaceholder(rule)) return null
    const file = this.fileAt(rule.from)
    if (file === null || this.fileAt(decodeAddress(pathOfTarget(rule.target)) ?? '') === file) return null
    return {
      level: 'warning',
      why: `is never used: ${quoted(file)} is there, and files come first`,
      remedy: `Write \`${rule.status}!\` to have it used all the same, or delete it or the file.`
    }
  }

  /** What readers meet who follow a rule, or null. */
  troubleOf(rule: RedirectRule): Trouble | null {
    const { target, status } = rule
    if (!isLocalTarget(target)) return null
    if (isShowStatus(status)) {
      if (/:[A-Za-z]/.test(target)) return null
      const path = decodeAddress(pathOfTarget(target))
      if (path === null || this.fileAt(path) !== null) return null
      return this.missing(target, path, status === 200 ? 'error' : 'warning')
    }
    return this.wayOf(rule)
  }

  private wayOf(rule: RedirectRule): Trouble | null {
    const way: RedirectRule[] = []
    const seen = new Set<string>()
    let path = samplesOf(rule).at(-1)!
    let match: RedirectMatch | undefined = { rule, captures: rule.matches(path) ?? {} }
    while (match && way.length < MAX_HOPS) {
      if (way.length > 0 && !match.rule.isForced && this.fileAt(path) !== null) return null
      if (seen.has(path)) return this.circle(way)
      seen.add(path)
      way.push(match.rule)
      const { target, status } = match.rule
      if (isShowStatus(status) || !isLocalTarget(target)) return null
      const filled = decodeAddress(fillTarget(pathOfTarget(target), match.captures, encodeURIComponent))
      if (filled === null) return null
      path = singleSlashes(filled)
      ;[match] = this.match(path, rule.host)
    }
    // Of a further rule on the way its own finding tells.
    const isMissing = way.length === 1 && !path.includes(ANY) && this.fileAt(path) === null
    return isMissing ? this.missing(rule.target, path, 'error') : null
  }

  /** Told once for all rules of it. */
  private circle(way: readonly RedirectRule[]): Trouble | null {
    const isTold = way.some((rule) => this.circling.has(rule))
    for (const rule of way) this.circling.add(rule)
    if (isTold) return null
    return { level: 'error', why: 'leads in a circle', remedy: 'Let it lead to a page, or delete it.' }
  }

  private missing(target: string, path: string, level: Finding['level']): Trouble {
    const meant = this.nearest.to(path)
    return {
      level,
      why: `leads to ${quoted(target)}, which does not exist`,
      remedy: meant === null ? 'Add the page, or lead readers elsewhere.' : `Did you mean ${quoted(meant)}?`
    }
  }

  private fileAt(path: string): string | null {
    const place = this.paths.at(path)
    return place.kind === 'file' ? place.file : null
  }

  private firstAt(path: string, host: string | null): RedirectRule | null {
    const [found] = this.match(path, host)
    return found?.rule ?? null
  }
}

/** Paths that stand for all that a rule matches. */
function samplesOf({ from }: RedirectRule): string[] {
  const path = from.replace(/:[A-Za-z]\w*(?=\/|$)/g, ANY)
  if (!path.endsWith('*')) return [path]
  return ['', ANY, `${ANY}/${ANY}`].map((rest) => path.slice(0, -1) + rest)
}
