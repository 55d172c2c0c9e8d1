import { claimedHash, type DriveEntry } from '@sitedrive/core/drive'
import { isPlausible } from '../plausible-pointer.js'
import type { CompleteState } from '../copy/held-state.js'
import { isCompressible, MIN_COMPRESSED_BYTES } from './compress.js'
import { contentType } from './content-type.js'
import { blobName, entityTag, provenName } from './entity-tag.js'
import { isFingerprinted } from './hashed-name.js'
import type { Headers } from './header-rules.js'
import { beginsAsHtml, MAX_SNIFFED_BYTES } from './begins-as-html.js'
import { ownAnswer, type ReadyAnswer } from './own-page.js'
import { DAMAGED, noPage, removedPage, UNREADABLE, unknownTarget, withheldPage } from './reader-pages.js'
import { RedirectsError, type Ruling } from './redirect-rules.js'
import { represent, type FilePlan } from './representation.js'
import { encodePath } from './request-path.js'
import {
  hasBytes,
  indexPage,
  missingPage,
  resolvePath,
  visibleFiles,
  type FileEntry,
  type LookUp
} from './resolve-path.js'
import type { SiteRules } from './read-site-rules.js'

/** The answer to a path, as far as it does not depend on the headers of a request. */
export type Plan =
  | FilePlan
  | { kind: 'ready'; answer: ReadyAnswer }
  /** The request's query must still be added. */
  | { kind: 'redirect'; status: number; location: string; headers: string[] }

/** Plans for the same path at different host names of the site. */
export interface HostPlans {
  kind: 'hosts'
  byHost: ReadonlyMap<string, Plan>
  /** At all other host names. */
  other: Plan
}

export interface Planning {
  /** The site's key, normalised. */
  key: string
  state: CompleteState
  rules: SiteRules
  /** Finds entries of the state. */
  entryOf: (path: string) => Promise<DriveEntry | null>
  /** A plan that does not depend on the path that was asked for: made once, and remembered by its name. */
  shared: (name: string, make: () => Promise<Plan>) => Promise<Plan>
  /** The request named the release by its number: search engines must not list it beside the newest one. */
  isNumbered: boolean
  /** Missing paths show `/index.html` with status 200. */
  spaFallback: boolean
  /** It is a preview: browsers must revalidate all files, also those with a fingerprint in their name. */
  isLive?: boolean
}

/** Here certificate authorities check who controls the host. A drive must not answer for the operator. */
const AUTHORITY_PATHS = /^\/\.well-known\/(acme-challenge|pki-validation)(\/|$)/

const REVALIDATED = 'public, max-age=0, must-revalidate'

/** Headers of every answer of a site. Caches must revalidate their copies. */
const SITE_HEADERS: [string, string][] = [
  ['cache-control', REVALIDATED],
  ['access-control-allow-origin', '*'],
  [
    'access-control-expose-headers',
    'accept-ranges, content-encoding, content-length, content-range, etag, hyper-link, last-modified'
  ],
  ['referrer-policy', 'strict-origin-when-cross-origin']
]

/** Caches must not keep answers of this server itself. */
const NOT_KEPT = { 'cache-control': 'no-store' }

const FOR_EVER = 'public, max-age=31536000, immutable'

/** Decides how a path of a site is answered. @param path decoded */
export async function makePlan(path: string, site: Planning): Promise<Plan | HostPlans> {
  const { redirects } = site.rules
  const hosts = redirects instanceof RedirectsError ? [] : (redirects?.hosts ?? [])
  const other = await makePlanAt(null, path, site)
  if (hosts.length === 0) return other
  const plans = hosts.map(async (host) => [host, await makePlanAt(host, path, site)] as const)
  return { kind: 'hosts', byHost: new Map(await Promise.all(plans)), other }
}

/** @param host null: one that no rule of `_redirects` names */
async function makePlanAt(host: string | null, path: string, site: Planning): Promise<Plan> {
  if (AUTHORITY_PATHS.test(path)) return ready(ownAnswer(404, 'There is no such page here.\n'))
  if (path.includes('//')) return redirect(308, encodePath(path.replace(/\/{2,}/g, '/')), site)

  const { redirects } = site.rules
  const lookUp = visibleFiles(site.entryOf)
  const ruled = redirects instanceof RedirectsError ? null : (redirects?.ruleFor(path, host) ?? null)
  if (ruled?.isForced) return follow(ruled.ruling, path, site, lookUp)

  const found = await resolvePath(path, lookUp)
  if (found.kind === 'file') return file(200, found.entry, path, site)
  if (found.kind === 'moved') return redirect(308, encodePath(found.path), site)

  // What could not be read may lead elsewhere: the path is not known to be missing.
  if (redirects instanceof RedirectsError) return ready(unknownTarget(redirects.message, readyHeaders(site)))
  // The author says where the path went, or that it was taken down.
  if (ruled && !isStandIn(ruled.ruling)) return follow(ruled.ruling, path, site, lookUp)
  const earlier = isFingerprinted(path) ? await site.state.earlier?.(path) : null
  if (earlier && hasBytes(earlier)) return asUnchecked(await file(200, earlier, path, site))
  if (ruled) return follow(ruled.ruling, path, site, lookUp)
  const fallback = site.spaFallback ? await lookUp('/index.html') : null
  return fallback ? standIn(200, fallback, site) : missing(path, site, lookUp)
}

/** The check of a state is of its own files alone. */
function asUnchecked(plan: Plan): Plan {
  return plan.kind === 'file' ? { ...plan, isUnchecked: true } : plan
}

/** A rule such as `/* /index.html 200`, which is for whatever is missing. */
function isStandIn(ruling: Ruling): boolean {
  return ruling.kind === 'show' && (ruling.status === 200 || ruling.status === 404)
}

/** Applies a rule of `_redirects`. The rules are not applied to its result again, so no loop is possible. */
async function follow(ruling: Ruling, path: string, site: Planning, lookUp: LookUp): Promise<Plan> {
  if (ruling.kind === 'send') return redirect(ruling.status, ruling.location, site)
  const { status } = ruling
  const found = await resolvePath(ruling.path, lookUp)
  const entry =
    found.kind === 'file'
      ? found.entry
      : found.kind === 'moved'
        ? await (found.path.endsWith('/') ? indexPage(found.path, lookUp) : lookUp(`${found.path}.html`))
        : null
  if (entry) return standIn(status, entry, site)
  if (status === 410) return ready(removedPage(readyHeaders(site)))
  if (status === 451) return ready(withheldPage(readyHeaders(site)))
  return missing(path, site, lookUp)
}

async function missing(path: string, site: Planning, lookUp: LookUp): Promise<Plan> {
  const page = await missingPage(path, lookUp)
  if (page) return standIn(404, page, site)
  return site.shared('404', async () =>
    ready(noPage((await lookUp('/index.html')) !== null, readyHeaders(site)))
  )
}

/**
 * A file in the place of another. Type and cache are its own: what is missing may be there in the next release, so no cache
 * keeps what stood in for it.
 */
function standIn(status: FilePlan['status'], entry: FileEntry, site: Planning): Promise<Plan> {
  return site.shared(`${status} ${entry.path}`, () => file(status, entry, null, site))
}

/** Whether the content at a path never changes: its author's generator said so, or the name looks like it. Never that of a page. */
function isFixed(path: string, { path: file, metadata }: FileEntry): boolean {
  const isSaid = (metadata as { fingerprinted?: unknown } | null)?.fingerprinted === true
  return isFingerprinted(path) || (isSaid && path === file && /\.(?!x?html?$)\w+$/i.test(file))
}

/** @param path the requested path: the site's header rules apply to it; null: the file stands in for another */
async function file(
  status: FilePlan['status'],
  entry: FileEntry,
  path: string | null,
  site: Planning
): Promise<Plan> {
  const { key, state, rules } = site
  const { blob } = entry
  if (!isPlausible(blob, state.blobsLength)) return { kind: 'ready', answer: UNREADABLE }
  // guard: proof: a file that was found not to be what was signed is not served
  if (state.damaged?.has(entry.path)) return { kind: 'ready', answer: DAMAGED }
  const claim = claimedHash(entry)
  const named: Headers = new Map([...siteHeaders(site), ['content-type', await typeOf(entry, state)]])
  if (path !== null && !site.isLive && isFixed(path, entry)) named.set('cache-control', FOR_EVER)
  const all = rules.headers.applyTo(path ?? entry.path, named)
  if (path === null && /immutable/i.test(all.get('cache-control') ?? ''))
    all.set('cache-control', REVALIDATED)
  const type = all.get('content-type') ?? 'application/octet-stream'
  all.delete('content-type')
  if (site.isLive) for (const name of all.keys()) if (isCrossOrigin(name)) all.delete(name)
  const compressible = isCompressible(type) && blob.byteLength >= MIN_COMPRESSED_BYTES
  for (const [name, value] of fixedHeaders(site, entry.path)) all.set(name, value)
  // Also for an uncompressed answer: a cache must know that other clients may get a compressed one.
  if (isCompressible(type)) all.set('vary', 'accept-encoding')
  const lastModified = path !== null && !site.isLive ? lastModifiedOf(entry) : null
  if (lastModified !== null) all.set('last-modified', lastModified)
  const headers = [...all].flat()

  const plan = {
    status,
    path: entry.path,
    type,
    isCompressible: compressible,
    headers,
    lastModified,
    encoded: new Map()
  }
  const identity = represent(plan, {
    bodyName: provenName(blobName(key, state, blob), claim),
    byteLength: blob.byteLength,
    blob,
    claim,
    encoding: null,
    tag: status === 200 ? entityTag(key, state, blob) : null
  })
  return { kind: 'file', ...plan, identity }
}

/** Pages that were saved from a server often have no extension; browsers would download them. */
async function typeOf(entry: FileEntry, { drive }: CompleteState): Promise<string> {
  const hasExtension = entry.path.lastIndexOf('.') > entry.path.lastIndexOf('/')
  if (hasExtension || entry.blob.byteLength === 0) return contentType(entry.path)
  const length = Math.min(entry.blob.byteLength, MAX_SNIFFED_BYTES)
  const isHtml = await beginsAsHtml(drive, entry.blob, length).catch(() => false)
  return contentType(isHtml ? '/x.html' : entry.path)
}

/** Earlier times are those of archives and reproducible builds, which give all files the same. Milliseconds since 1970. */
const EARLIEST = Date.UTC(1980, 0, 3)

/** When the author's machine wrote a file, as an HTTP date; null when that is not known, or not yet past. */
function lastModifiedOf({ metadata }: FileEntry): string | null {
  const mtime =
    typeof metadata === 'object' && metadata !== null && 'mtime' in metadata ? metadata.mtime : null
  const isPast = typeof mtime === 'number' && mtime > EARLIEST && mtime < Date.now()
  return isPast ? new Date(mtime).toUTCString() : null
}

function siteHeaders({ isLive }: Planning): [string, string][] {
  if (!isLive) return SITE_HEADERS
  return [
    ...SITE_HEADERS.filter(([name]) => !isCrossOrigin(name)),
    ['cross-origin-resource-policy', 'same-origin']
  ]
}

/** True for headers that let other sites read this one. A preview never sends them: it is not published yet. */
function isCrossOrigin(name: string): boolean {
  return name.startsWith('access-control-')
}

function redirect(status: number, location: string, site: Planning): Plan {
  const headers = siteHeaders(site).flat().concat('x-content-type-options', 'nosniff', 'content-length', '0')
  if (site.isNumbered) headers.push('x-robots-tag', 'noindex')
  return { kind: 'redirect', status, location, headers }
}

function ready(answer: ReadyAnswer): Plan {
  return { kind: 'ready', answer }
}

function readyHeaders(site: Planning): Record<string, string> {
  return { ...Object.fromEntries([...siteHeaders(site), ...fixedHeaders(site)]), ...NOT_KEPT }
}

/** Headers that a site cannot change. */
function fixedHeaders({ key, state, isNumbered }: Planning, path = '/'): [string, string][] {
  // The address of the same file for readers of drives: the key, the version, the path.
  const link = `hyper://${key}+${state.version}${encodePath(path)}`
  return [
    ['x-content-type-options', 'nosniff'],
    ['hyper-link', link],
    ...(isNumbered ? ([['x-robots-tag', 'noindex']] as [string, string][]) : [])
  ]
}
