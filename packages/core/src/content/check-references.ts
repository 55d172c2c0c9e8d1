import { plural } from '../text.js'
import { devServerOf } from '../site-rules/dev-server-paths.js'
import { hasPrefix, impossiblePrefixes, withoutPrefix } from './base-url.js'
import type { HtmlFacts, Reference } from './content-types.js'
import { quoted, type Cause, type FindingList } from './finding-list.js'
import type { KnownPaths } from './known-paths.js'
import { NearestPath } from './nearest-path.js'
import { isPage, pageUrl } from '../folder/page-url.js'
import type { LeftOut, LeftOutReason } from '../folder/walk.js'
import type { Target, Targets } from './reference-target.js'

type Here = Extract<Target, { kind: 'here' }>

/** A reference to a path of this site that does not exist. */
interface Missing {
  file: string
  reference: Reference
  path: string
}

export interface ReferencesInput {
  /** By path; findings name files in this order. */
  facts: ReadonlyMap<string, HtmlFacts>
  paths: KnownPaths
  targets: Targets
  /** What a dev server answers itself is not missing. */
  isDevBuild: boolean
}

/** Checks the references of pages, style sheets and manifests. Addresses of other sites are not requested. */
export function checkReferences(
  { facts, paths, targets, isDevBuild }: ReferencesInput,
  findings: FindingList
): void {
  const anchors = new Anchors(facts)
  const missing: Missing[] = []
  const lostAnchors = new Mistakes()
  const relatives = new Mistakes()
  const rooted = new Map<string, number>()
  for (const [file, { references, base }] of facts) {
    const isNotFoundPage = file.endsWith('/404.html') && base === null
    for (const reference of references) {
      const target = targets.of(reference.url, file, base)
      if (target.kind === 'elsewhere') continue
      if (reference.isInScript) {
        if (target.kind !== 'here' || target.place.kind !== 'nothing') continue
        if (paths.leftOutAt(target.path)) missing.push({ file, reference, path: target.path })
        continue
      }
      if (target.kind === 'here' && reference.url.startsWith('/')) {
        rooted.set(target.path, (rooted.get(target.path) ?? 0) + 1)
      }
      if (target.kind === 'malformed') {
        findings.add(`malformed ${reference.url}`, file, reference.line, () => malformed(reference))
      } else if (isUnreachable(target) && reference.isSpelledOut) {
        // Tutorials ask their readers to open such an address.
        continue
      } else if (target.kind === 'local') {
        findings.add(`local ${target.origin}`, file, reference.line, () => local(reference, target.origin))
      } else if (target.kind === 'private') {
        findings.add(`private ${target.origin}`, file, reference.line, () =>
          inPrivateNetwork(reference, target.origin)
        )
      } else if (target.place.kind === 'nothing') {
        if (!isDevBuild || devServerOf(target.path) === null)
          missing.push({ file, reference, path: target.path })
      } else if (isNotFoundPage && isRelative(reference.url)) {
        relatives.add(file, reference.url, { file, reference, target })
      } else if (target.ownOrigin !== null && !reference.isForMachines && !isShown(reference, target)) {
        const { ownOrigin } = target
        findings.add(`own ${ownOrigin}`, file, reference.line, () => ownAddress(reference, target, ownOrigin))
      } else if (target.fragment !== '' && reference.kind === 'link' && anchors.lacks(target)) {
        lostAnchors.add(target.path, target.fragment, { file, reference, target })
      }
    }
  }
  for (const { file, reference, target, place } of lostAnchors.found) {
    const others = lostAnchors.othersIn(place)
    findings.add(`anchor ${place} ${others ?? target.fragment}`, file, reference.line, () =>
      others === null ? brokenAnchor(reference, target, anchors) : brokenAnchors(reference, target, others)
    )
  }
  for (const { file, reference, target, place } of relatives.found) {
    const others = relatives.othersIn(place)
    findings.add(`404 ${place} ${others ?? reference.url}`, file, reference.line, () =>
      relative(reference, target, others)
    )
  }
  reportMissing(missing, rooted, paths, findings)
}

/** A reference with where it leads. */
interface Led {
  file: string
  reference: Reference
  target: Here
}

/** More mistakes than these in one place have one cause, such as a layout, or a script that reads the anchors of links. */
const MAX_SEPARATE = 2

/** Mistakes of one kind, by the place that has them. */
class Mistakes {
  readonly found: (Led & { place: string })[] = []
  private readonly inPlaces = new Map<string, Set<string>>()

  /** @param name the same for the same mistake */
  add(place: string, name: string, led: Led): void {
    this.found.push({ ...led, place })
    const names = this.inPlaces.get(place) ?? new Set()
    this.inPlaces.set(place, names.add(name))
  }

  /** How many others the place has when it has many; else null. */
  othersIn(place: string): number | null {
    const { size } = this.inPlaces.get(place) ?? new Set()
    return size > MAX_SEPARATE ? size - 1 : null
  }
}

function isUnreachable({ kind }: Target): boolean {
  return kind === 'local' || kind === 'private'
}

/** @param rooted number of references by their decoded path, for references that begin with a slash */
function reportMissing(
  missing: readonly Missing[],
  rooted: ReadonlyMap<string, number>,
  paths: KnownPaths,
  findings: FindingList
): void {
  const prefixes = impossiblePrefixes(new Set(missing.map(({ path: target }) => target)), rooted, paths)
  const nearest = new NearestPath(paths)
  for (const { file, reference, path: target } of missing) {
    const leftOut = paths.leftOutAt(target)
    if (leftOut) {
      const pattern = patternFor(leftOut)
      findings.add(`left out ${pattern}`, file, reference.line, () =>
        notPublished(reference, leftOut, pattern)
      )
      continue
    }
    const server = devServerOf(target)
    if (server !== null) {
      findings.add(`dev server ${server}`, file, reference.line, () => ofDevServer(reference, server))
      continue
    }
    const prefix = prefixes.find((candidate) => hasPrefix(target, candidate))
    if (prefix !== undefined && paths.at(withoutPrefix(target, prefix)).kind === 'file') {
      findings.add(`base ${prefix}`, file, reference.line, () => baseUrl(reference, prefix))
      continue
    }
    findings.add(`${reference.kind} ${target}`, file, reference.line, () => {
      const twin = paths.caseTwin(target)
      return twin === null
        ? broken(reference, target, nearest.to(target, file))
        : caseMismatch(reference, target, twin)
    })
  }
}

/** The fragments of each page, looked up at the first question. */
class Anchors {
  private readonly facts: ReadonlyMap<string, HtmlFacts>
  private readonly known = new Map<string, Set<string> | null>()

  constructor(facts: ReadonlyMap<string, HtmlFacts>) {
    this.facts = facts
  }

  /** False also when it is unknown: the target is not a page, was not read to its end, or a script handles the fragment. */
  lacks({ place, fragment, rawFragment }: Here): boolean {
    if (place.kind !== 'file' || /^(?:top$|[/!])/i.test(fragment)) return false
    const anchors = this.of(place.file)
    return anchors !== null && !anchors.has(rawFragment) && !anchors.has(fragment)
  }

  of(file: string): Set<string> | null {
    let anchors = this.known.get(file)
    if (anchors === undefined) {
      const facts = isPage(file) ? this.facts.get(file) : undefined
      const isWhole = facts && (facts.problem === null || facts.problem.kind === 'encoding')
      anchors = isWhole ? new Set(facts.anchors) : null
      this.known.set(file, anchors)
    }
    return anchors
  }
}

function broken({ url, kind }: Reference, target: string, suggestion: string | null): Cause {
  const meant = suggestion === null ? null : quoted(pageUrl(suggestion))
  const shown = quoted(url) + (isWrittenOut(url, target) ? '' : ` (${quoted(target)})`)
  if (kind === 'asset') {
    return {
      check: 'missing-asset',
      level: 'error',
      value: url,
      what: (count) =>
        `${shown} does not exist; ${plural(count, 'file')} ${count === 1 ? 'needs' : 'need'} it.`,
      remedy: meant
        ? `Did you mean ${meant}? If not, add the file or take the reference out.`
        : 'Add the file, or take the reference out.'
    }
  }
  return {
    check: 'broken-link',
    level: 'error',
    value: url,
    what: (count) => `The link ${shown} leads nowhere${onPages(count)}.`,
    remedy: meant
      ? `Did you mean ${meant}? If not, add the page or take the link out.`
      : 'Add the page, send its readers on with a line in `_redirects`, or take the link out.'
  }
}

function ofDevServer({ url, kind }: Reference, server: string): Cause {
  return {
    check: kind === 'asset' ? 'missing-asset' : 'broken-link',
    level: 'error',
    value: url,
    what: (count) =>
      `Only the dev server of ${server} answers ${quoted(url)}; ${plural(count, 'file')} ${count === 1 ? 'needs' : 'need'} it.`,
    remedy: 'Publish what a build for production writes, not what the dev server wrote.'
  }
}

interface LeftOutFile {
  file: string
  leftOut: LeftOut
}

/** What a line of `.sitedriveignore` names to let in a file, and those that belong to it. */
function patternFor({ file, leftOut }: LeftOutFile): string {
  // Of `node_modules` a whole package, such as `@scope/name`: its files need each other.
  if (leftOut.why === 'node_modules') {
    return /^.*?\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/|$)/.exec(file)?.[0] ?? leftOut.path
  }
  return leftOut.path
}

const WHY_LEFT_OUT: Record<LeftOutReason, string> = {
  'dot file': 'as every dot file is',
  node_modules: 'as all in `node_modules` is',
  ignored: 'as `.sitedriveignore` says',
  'link out of the dir': 'because a link leads out of the folder',
  'broken link': 'because a link leads nowhere',
  reserved: 'because sitedrive itself writes there',
  'not a file': 'because it is not a file',
  'project file': "because it is the project's own",
  'of no release and not of this build': 'because this build did not write it'
}

/** A file that the site needs and that is there: only its publishing is missing. */
function notPublished({ url, kind }: Reference, { leftOut }: LeftOutFile, pattern: string): Cause {
  return {
    check: kind === 'asset' ? 'missing-asset' : 'broken-link',
    level: 'error',
    value: url,
    what: (count) =>
      `${quoted(url)} is in the folder and is not published, ${WHY_LEFT_OUT[leftOut.why]}; ${plural(count, 'file')} ${count === 1 ? 'needs' : 'need'} it.`,
    remedy: howToLetIn(leftOut, pattern)
  }
}

function howToLetIn({ why }: LeftOut, pattern: string): string {
  switch (why) {
    case 'dot file':
    case 'node_modules':
      return `Let it in by the line ${quoted(`!${pattern}`)} in \`.sitedriveignore\`, or have the build write it elsewhere.`
    case 'ignored':
      return 'Take it out of `.sitedriveignore`, or have the build write it elsewhere.'
    default:
      return 'Have the build write the file itself, under a name of its own.'
  }
}

function caseMismatch({ url }: Reference, target: string, twin: string): Cause {
  return {
    check: 'case-mismatch',
    level: 'error',
    value: url,
    what: (count) =>
      `${quoted(url)} is ${quoted(caseOf(target, twin))} here, and capitals count${onPages(count)}.`,
    remedy: `Write ${quoted(caseOf(target, twin))}, or rename the file.`
  }
}

/** The existing path in the form of the written address: without `index.html` and the like. */
function caseOf(target: string, twin: string): string {
  return twin.length >= target.length ? twin.slice(0, target.length) : twin
}

function malformed({ url }: Reference): Cause {
  return {
    check: 'broken-link',
    level: 'error',
    value: url,
    what: (count) => `${quoted(url)} is not an address that a browser understands${onPages(count)}.`,
    remedy: 'Write a path such as `/about/`, or a whole address such as `https://example.org/`.'
  }
}

function local(reference: Reference, origin: string): Cause {
  const { url } = reference
  return {
    check: 'localhost-link',
    level: 'error',
    value: url,
    what: (count) => `${quoted(url)} leads to the reader's own machine (${quoted(origin)})${onPages(count)}.`,
    remedy: withoutDevServer(reference)
  }
}

function withoutDevServer({ isForMachines }: Reference): string {
  return isForMachines
    ? "Set the site's address in the generator's configuration (`url`, `baseURL`, `site` …), and build for production, not with the dev server."
    : 'Write it as a path such as `/about/`; if the generator wrote it, build for production, not with its dev server.'
}

/** Only a warning: a page for readers in one network may link to it on purpose. */
function inPrivateNetwork(reference: Reference, origin: string): Cause {
  const { url } = reference
  return {
    check: 'localhost-link',
    level: 'warning',
    value: url,
    what: (count) =>
      `${quoted(url)} leads to a machine in a private network (${quoted(origin)})${onPages(count)}: readers elsewhere do not reach it.`,
    remedy: withoutDevServer(reference)
  }
}

/** A link to the site's own drive address is right: no path can replace it. */
function isShown({ url }: Reference, { path: target }: Here): boolean {
  return target === '/' && /^hyper:/i.test(url)
}

function ownAddress({ url }: Reference, { path: target }: Here, origin: string): Cause {
  return {
    check: 'own-address-link',
    level: 'warning',
    value: url,
    what: (count) =>
      `${quoted(url)} leaves the site by its own address ${quoted(origin)}${onPages(count)}: whoever reads it elsewhere is sent away.`,
    remedy: `Write it as a path: ${quoted(encodeURI(target))}.`
  }
}

function relative({ url, kind }: Reference, { path: target }: Here, others: number | null): Cause {
  const shown =
    others === null ? `${quoted(url)} leads` : `${quoted(url)} and ${plural(others, 'other')} lead`
  return {
    check: kind === 'asset' ? 'missing-asset' : 'broken-link',
    level: 'warning',
    value: url,
    what: () => `The page for what is missing is shown at any address, and ${shown} elsewhere from each.`,
    remedy: `Begin ${others === null ? 'it' : 'each'} with a slash: ${quoted(encodeURI(target))}.`
  }
}

function brokenAnchor({ url }: Reference, target: Here, anchors: Anchors): Cause {
  const file = target.place.kind === 'file' ? target.place.file : target.path
  const wanted = target.fragment.toLowerCase()
  const near = [...(anchors.of(file) ?? [])].find((anchor) => anchor.toLowerCase() === wanted)
  return {
    check: 'broken-anchor',
    level: 'warning',
    value: url,
    what: (count) =>
      `${quoted(url)} leads to a page without anything of the id ${quoted(target.fragment)}${onPages(count)}.`,
    remedy: near
      ? `Did you mean ${quoted(`#${near}`)}?`
      : 'Mend what follows the `#`, or give the heading that id.'
  }
}

function brokenAnchors({ url }: Reference, target: Here, others: number): Cause {
  return {
    check: 'broken-anchor',
    level: 'warning',
    value: url,
    what: (count) =>
      `${quoted(url)} and ${plural(others, 'other link')} lead to ids that ${quoted(target.path)} does not have${onPages(count)}.`,
    remedy: 'Mend what follows the `#`; where a script reads it, all is well.'
  }
}

function baseUrl({ url }: Reference, prefix: string): Cause {
  return {
    check: 'base-url',
    level: 'error',
    value: prefix,
    written: url,
    what: (count) =>
      `The site was built to be in the folder ${quoted(prefix)} of another, as in ${quoted(url)}, and a drive is at the root of its address${onPages(count)}.`,
    remedy:
      'Build it for the root: `baseurl: ""` (Jekyll), `base: "/"` (Vite, VitePress, Astro), `pathPrefix: "/"` (Eleventy), `baseURL` without a folder (Hugo).'
  }
}

function onPages(count: number): string {
  return count === 1 ? '' : `, on ${plural(count, 'page')}`
}

function isWrittenOut(url: string, target: string): boolean {
  return url.split(/[?#]/, 1)[0] === target || encodeURI(target) === url.split(/[?#]/, 1)[0]
}

function isRelative(url: string): boolean {
  return !/^(?:[/?#]|[a-z][a-z\d+.-]*:)/i.test(url)
}
