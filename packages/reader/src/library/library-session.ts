import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { linkOf } from '@sitedrive/core'
import { parseKey } from '@sitedrive/core/drive'
import { printable } from '@sitedrive/core/internal'
import { EventLines } from '@sitedrive/mirror/parts'
import type { Reader } from '../reader.js'
import { readSiteAddress } from '../site-address.js'
import { describeSite, nobody, SEARCH_MS } from '../site/describe-site.js'
import type { ReadSite } from '../site/read-site.js'
import type {
  ForgetRequest,
  InterestRequest,
  LibraryAnswer,
  LibraryEvent,
  NewSiteAnswer,
  NewsAnswer,
  NewsRow,
  NewSiteRequest,
  OpenAnswer,
  OpenRequest,
  OwnRow,
  ResumeAnswer,
  SiteRow,
  Standing
} from './api.js'
import { isInterest } from './interest.js'
import type { LibrarySite, News } from './library.js'
import { changesOf, nameOf } from './news-in-words.js'

export interface LibrarySessionOptions {
  reader: Reader
  env: NodeJS.ProcessEnv
  /** Where new websites are made when no other folder is given; absolute. */
  newSitesIn: string
}

/** How often the open sites are compared with what the pages were told. Milliseconds. */
const CHECK_MS = 1_000

const MAX_NEWS = 200

/** The library of this machine: answers the requests of its page and of other commands, and sends events to the page. */
export class LibrarySession {
  private readonly options: LibrarySessionOptions
  private readonly events: EventLines<LibraryEvent>
  private readonly stopNews: () => void
  private checkTimer: NodeJS.Timeout | null = null
  private told = ''

  constructor(options: LibrarySessionOptions) {
    this.options = options
    this.events = new EventLines(() => this.checkWhileWatched())
    this.stopNews = options.reader.onNews((_site, entry) => {
      const [newest] = entry.news
      if (newest) this.events.send({ kind: 'news', news: this.newsRow(entry, newest) })
      this.changed()
    })
  }

  async answer(): Promise<LibraryAnswer> {
    const { reader, newSitesIn } = this.options
    const [mine, { GENERATORS }] = await Promise.all([this.mine(), import('../new-site/generators.js')])
    return {
      mine,
      sites: reader.library.list().map((entry) => this.row(entry)),
      isShared: reader.isShared,
      newSitesIn,
      generators: GENERATORS.map(({ id, name, about }) => ({ id, name, about }))
    }
  }

  news(): NewsAnswer {
    const all = this.options.reader.library
      .list()
      .flatMap((entry) => entry.news.map((news) => this.newsRow(entry, news)))
    return { news: all.toSorted(newestFirst).slice(0, MAX_NEWS) }
  }

  openEvents(res: ServerResponse): void {
    this.events.open(res, [])
  }

  /** @throws {SitedriveError} as `readSiteAddress` and `Reader.openSite` */
  async open({ link, interest, maxBytes }: Partial<OpenRequest>): Promise<OpenAnswer> {
    const { reader } = this.options
    const { key, name, path, release } = await readSiteAddress(String(link ?? ''))
    await reader.openSite(key, {
      ...(isInterest(interest) && { interest }),
      ...(isByteCount(maxBytes) && { maxBytes }),
      ...(name !== null && { name })
    })
    this.changed()
    const url = new URL(encodeURI(path), reader.urlOf(release === null ? key : `r${release}-${key}`)).href
    return { key, url, isShared: reader.isShared }
  }

  async resume(): Promise<ResumeAnswer> {
    const { reader } = this.options
    const problems = await reader.openLibrary()
    this.changed()
    return {
      sites: [...reader.sites.keys()].map((key) => ({ key, url: reader.urlOf(key) })),
      problems: problems.map(({ problem }) => problem.message),
      isShared: reader.isShared
    }
  }

  /** @returns false when the library has no such site @throws {SitedriveError} BAD_KEY; as `Reader.setInterest` */
  async setInterest({ key, interest, maxBytes }: Partial<InterestRequest>): Promise<boolean> {
    if (!isInterest(interest)) return false
    const { reader } = this.options
    const limit = isByteCount(maxBytes) ? maxBytes : null
    const entry = await reader.setInterest(keyFrom(key), interest, limit)
    this.changed()
    return entry !== null
  }

  /** @returns false when the library has no such site @throws {SitedriveError} BAD_KEY */
  async forget({ key }: Partial<ForgetRequest>): Promise<boolean> {
    const { reader } = this.options
    const known = keyFrom(key)
    if (!reader.library.get(known) && !reader.sites.has(known)) return false
    await reader.forget(known)
    this.changed()
    return true
  }

  /** @throws {SitedriveError} BAD_OPTION, DIR_INVALID or DISK_FULL */
  async makeSite({ name, dir, generator }: Partial<NewSiteRequest>): Promise<NewSiteAnswer> {
    const { newSite } = await import('../new-site/new-site.js')
    return newSite({
      name: String(name ?? ''),
      dir: String(dir ?? ''),
      generator: String(generator ?? ''),
      within: this.options.newSitesIn
    })
  }

  close(): void {
    this.stopNews()
    this.events.close()
    if (this.checkTimer) clearInterval(this.checkTimer)
  }

  private async mine(): Promise<OwnRow[]> {
    const { listSites } = await import('@sitedrive/core/status')
    const sites = await listSites(this.options.env)
    return sites.map(({ key, name, webAddress, release, publishedAt, folders }) => ({
      key,
      link: linkOf(key),
      name: printable(name ?? folderOf(folders) ?? short(key)),
      webAddress,
      release: release || null,
      publishedAt,
      folders: folders.map(({ dir, state }) => ({ dir, isThere: state === 'there' }))
    }))
  }

  private row(entry: LibrarySite): SiteRow {
    const { key, name, interest, maxBytes, addedAt, openedAt, release, fork, news } = entry
    return {
      key,
      link: linkOf(key),
      url: this.options.reader.urlOf(key),
      name: entry.title || name ? nameOf(entry) : short(key),
      domain: name,
      interest,
      maxBytes,
      addedAt,
      openedAt,
      release,
      fork: fork && { link: linkOf(fork.of), release: fork.release },
      standing: this.standing(key),
      news: news.map((each) => this.newsRow(entry, each))
    }
  }

  private standing(key: string): Standing {
    const { reader } = this.options
    const site = reader.sites.get(key)
    const problem = reader.problems.get(key)
    if (!site) return problem ? { kind: 'problem', message: printable(problem.message) } : { kind: 'closed' }
    if (!site.canBeShown) {
      const why = site.problem ?? (site.searchedForMs < SEARCH_MS ? null : nobody(key, site.peers))
      return why ? { kind: 'problem', message: printable(why.message) } : { kind: 'searching' }
    }
    const { held, known } = site.progress
    return {
      kind: 'open',
      words: describeSite(site),
      share: site.isComplete ? 1 : known === 0 ? 0 : held / known,
      isComplete: site.isComplete,
      peers: site.peers
    }
  }

  private newsRow(entry: LibrarySite, news: News): NewsRow {
    const { release, publishedAt, arrivedAt } = news
    return {
      key: entry.key,
      site: nameOf(entry),
      url: this.options.reader.urlOf(entry.key),
      release,
      publishedAt,
      arrivedAt,
      words: changesOf(news)
    }
  }

  private changed(): void {
    this.events.send({ kind: 'changed' })
  }

  /** Peers come and go, and blocks arrive, without an event: while a page is open, they are looked at once a second. */
  private checkWhileWatched(): void {
    if (this.events.size === 0) {
      if (this.checkTimer) clearInterval(this.checkTimer)
      this.checkTimer = null
      return
    }
    this.checkTimer ??= setInterval(() => this.check(), CHECK_MS).unref()
  }

  private check(): void {
    const now = JSON.stringify([...this.options.reader.sites.values()].map(signOf))
    if (now !== this.told) this.changed()
    this.told = now
  }
}

/** What the page shows of an open site, in short. */
function signOf(site: ReadSite): unknown {
  const { key, peers, isComplete, progress, searchedForMs, problem, release } = site
  return [
    key,
    peers,
    isComplete,
    progress.held,
    searchedForMs > SEARCH_MS,
    problem?.message,
    release?.release,
    site.title
  ]
}

/** @throws {SitedriveError} BAD_KEY */
function keyFrom(value: unknown): string {
  // guard: library: no folder but that of a site is removed
  return parseKey(String(value))
}

function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function newestFirst(a: NewsRow, b: NewsRow): number {
  return b.arrivedAt.localeCompare(a.arrivedAt)
}

/** A site without a name is called as its folder. */
function folderOf(folders: readonly { dir: string; state: string }[]): string | null {
  const there = folders.find(({ state }) => state === 'there')
  return there ? path.basename(there.dir) : null
}

function short(key: string): string {
  return `${key.slice(0, 8)}…`
}
