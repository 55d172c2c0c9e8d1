import type { RequestListener } from 'node:http'
import { Network, type Address } from '@sitedrive/core/drive'
import {
  hostName,
  listen,
  listenOnFreePort,
  siteDirectory,
  siteListener,
  type SiteServer
} from '@sitedrive/mirror/parts'
import type { Interest } from './library/interest.js'
import { Library, type LibrarySite } from './library/library.js'
import { ReadSite } from './site/read-site.js'
import { siteFolder } from './site/site-folder.js'

export interface ReaderOptions {
  /** The data directory, absolute. */
  home: string
  /** Nodes of the DHT to start from. @default the public ones */
  bootstrap?: Address[] | undefined
  /** Others get from here what is here. @default true */
  isShared?: boolean
  /** The port of the sites on this machine. @default 4460, or the next that is free */
  port?: number | undefined
  /** Sites with more bytes are not fetched as a whole, unless the library says otherwise. Bytes. @default 2 GB */
  maxBytes?: number | undefined
  /** Makes what shows a site whose open pages update themselves. @default sites are shown byte for byte */
  showLive?: ((site: ReadSite) => LivePages) | undefined
}

/** Answers for one site in place of a mirror's answers. */
export interface LivePages {
  listener: RequestListener
  close(): Promise<void>
}

/** Called with each release that came while its site was open. */
export type NewsListener = (site: ReadSite, entry: LibrarySite) => void

/** The host name of the library's page. No site ever has it, and it only resolves to this machine. */
export const LIBRARY_HOST = 'library.localhost'

/** The host names at which this machine itself answers, and no site. */
const OWN_HOSTS = [LIBRARY_HOST, 'localhost', '127.0.0.1', '[::1]']

/** What a site is opened for. */
export interface Opening {
  interest?: Interest
  /** The domain name that led to it. */
  name?: string | null
  maxBytes?: number | null
  /** The page that somebody waits for: it is fetched before all else. @default none */
  path?: string
}

interface OwnPages {
  listener: RequestListener
}

/** `<key>.localhost`, where the newest release of a site is. */
const SITE_HOST = /^([a-z0-9]{52})\.localhost$/

const FIRST_PORT = 4460
const MAX_BYTES = 2e9
/** How long a visitor waits for a block from a peer. Milliseconds. */
const STALL_MS = 15_000

/** Interests by weight: to open a site that is kept does not end that it is kept. */
const WEIGHT: Record<Interest, number> = { read: 0, followed: 1, kept: 2 }

/** Sites of other people, open on this machine: each is fetched, checked, shown at an origin of its own, and handed on. */
export class Reader {
  readonly library: Library
  /** The open sites, by key. */
  readonly sites: ReadonlyMap<string, ReadSite>
  readonly port: number
  private readonly openSites: Map<string, ReadSite>
  private readonly options: ReaderOptions
  private readonly network: Network
  private readonly server: Pick<SiteServer, 'port' | 'close'>
  private readonly own: OwnPages
  private readonly live: Map<string, LivePages>
  private readonly newsListeners = new Set<NewsListener>()
  private readonly failures = new Map<string, Error>()
  private readonly opening = new Map<string, Promise<ReadSite>>()
  private closed: Promise<void> | null = null

  private constructor(
    options: ReaderOptions,
    { sites, live, own }: { sites: Map<string, ReadSite>; live: Map<string, LivePages>; own: OwnPages },
    server: Pick<SiteServer, 'port' | 'close'>
  ) {
    this.own = own
    this.live = live
    this.options = options
    this.library = new Library(options.home)
    this.sites = sites
    this.openSites = sites
    this.server = server
    this.port = server.port
    this.network = Network.open(options.bootstrap ? { bootstrap: options.bootstrap } : {})
  }

  /** @throws {SitedriveError} NETWORK_FAILED when it cannot listen at the port */
  static async open(options: ReaderOptions): Promise<Reader> {
    const sites = new Map<string, ReadSite>()
    const own: OwnPages = { listener: (_req, res) => res.writeHead(503).end() }
    const listener = siteListener({
      sites,
      directory: siteDirectory({ sites, ownHosts: OWN_HOSTS }),
      own: (req, res) => own.listener(req, res),
      stallMs: STALL_MS
    })
    const live = new Map<string, LivePages>()
    const answer: RequestListener = (req, res) => {
      const [, key = ''] = SITE_HOST.exec(hostName(req.headers.host)) ?? []
      // Before the first whole state there is nothing that could be updated.
      const pages = sites.get(key)?.state ? live.get(key) : undefined
      return (pages?.listener ?? listener)(req, res)
    }
    const server = await listenOnFreePort({ port: options.port, firstPort: FIRST_PORT }, (port) =>
      listen(answer, { port })
    )
    return new Reader(options, { sites, live, own }, server)
  }

  /** Has a listener answer at the host names of this machine where no site is, `LIBRARY_HOST` among them. */
  showOwnPages(listener: RequestListener): void {
    this.own.listener = listener
  }

  /** Others get from here what is here. */
  get isShared(): boolean {
    return this.options.isShared ?? true
  }

  /** Why the copies of some sites could not be opened, by key. */
  get problems(): ReadonlyMap<string, Error> {
    return this.failures
  }

  /** Calls back with each release that came while its site was open. @returns stops it */
  onNews(listener: NewsListener): () => void {
    this.newsListeners.add(listener)
    return () => void this.newsListeners.delete(listener)
  }

  /** The address of a site on this machine; ends with `/`. */
  urlOf(key: string): string {
    return `http://${key}.localhost:${this.port}/`
  }

  /**
   * Opens a site, or finds it open. What is here of it is shown at once.
   *
   * @param key in any spelling
   * @throws {SitedriveError} STORE_LOCKED when another process has it open; DISK_FULL or STORE_FAILED
   */
  async openSite(key: string, { interest = 'read', path, ...changes }: Opening = {}): Promise<ReadSite> {
    const before = this.library.get(key)
    const weightier = before && WEIGHT[before.interest] > WEIGHT[interest] ? before.interest : interest
    const entry = this.library.update(key, {
      ...changes,
      interest: weightier,
      openedAt: new Date().toISOString()
    })
    const site = await this.siteOf(entry, path)
    site.limitTo(this.limitOf(entry))
    site.waitAnew()
    return site
  }

  /**
   * Says what a site of the library is here for from now on. One that is followed or kept is opened.
   *
   * @param key z-base-32, normalised
   * @param maxBytes with more, it is not fetched as a whole; null: the limit of the command. Bytes
   * @returns null when the library has no such site
   * @throws {SitedriveError} as `openSite`
   */
  async setInterest(key: string, interest: Interest, maxBytes: number | null): Promise<LibrarySite | null> {
    if (!this.library.get(key)) return null
    const entry = this.library.update(key, { interest, maxBytes })
    if (interest !== 'read') await this.siteOf(entry)
    this.sites.get(key)?.limitTo(this.limitOf(entry))
    return entry
  }

  /** Opens the sites that are followed or kept. @returns those that could not be opened, with the reason */
  async openLibrary(): Promise<{ key: string; problem: Error }[]> {
    const problems: { key: string; problem: Error }[] = []
    const entries = this.library.list().filter(({ interest }) => interest !== 'read')
    await Promise.all(
      entries.map((entry) =>
        this.siteOf(entry).catch((problem: Error) => problems.push({ key: entry.key, problem }))
      )
    )
    return problems
  }

  /** Closes a site, and removes its copy from this machine. */
  async forget(key: string): Promise<void> {
    this.openSites.delete(key)
    await this.live.get(key)?.close()
    this.live.delete(key)
    await (await this.opening.get(key)?.catch(() => null))?.close()
    this.opening.delete(key)
    this.failures.delete(key)
    this.library.forget(key)
  }

  /** Ends the server and the network, and closes all sites. Safe to call twice. */
  close(): Promise<void> {
    return (this.closed ??= this.closeNow())
  }

  private async closeNow(): Promise<void> {
    for (const pages of this.live.values()) await pages.close()
    await Promise.all([this.server.close(), this.network.close()])
    const open = await Promise.allSettled(this.opening.values())
    await Promise.all(open.map(async (site) => site.status === 'fulfilled' && site.value.close()))
  }

  private siteOf(entry: LibrarySite, firstPath?: string): Promise<ReadSite> {
    const { key } = entry
    const before = this.opening.get(key)
    if (before) return before
    const opening = this.openCopy(entry, firstPath)
    this.opening.set(key, opening)
    opening.then(
      () => this.failures.delete(key),
      (error: Error) => {
        this.opening.delete(key) // the caller gets the error; the next call tries again
        this.failures.set(key, error)
      }
    )
    return opening
  }

  private limitOf({ maxBytes }: LibrarySite): number {
    return maxBytes ?? this.options.maxBytes ?? MAX_BYTES
  }

  private async openCopy(entry: LibrarySite, firstPath: string | undefined): Promise<ReadSite> {
    const { key } = entry
    const { home } = this.options
    const site = await ReadSite.open({
      key,
      dir: siteFolder(home, key),
      network: this.network,
      isShared: this.isShared,
      maxBytes: this.limitOf(entry),
      firstPath,
      stallMs: STALL_MS
    })
    this.openSites.set(key, site)
    const { showLive } = this.options
    if (showLive) this.live.set(key, showLive(site))
    site.onRelease(() => this.note(site))
    return site
  }

  /** Writes down what is shown now; a release that replaced another one is news. */
  private note(site: ReadSite): void {
    const { key, state, release, title } = site
    const before = this.library.get(key)
    if (!state || !before) return
    const shown = {
      title,
      release: release?.release ?? null,
      version: state.version,
      fork: release?.fork ?? null
    }
    if (before.version === null || before.version >= state.version) {
      if (before.version !== state.version || before.title !== title) this.library.update(key, shown)
      return
    }
    this.library.update(key, shown)
    const entry = this.library.addNews(key, {
      release: release?.release ?? null,
      publishedAt: release?.publishedAt ?? null,
      arrivedAt: new Date().toISOString(),
      words: release?.words ?? null,
      titles: release?.titles ?? []
    })
    for (const listener of this.newsListeners) listener(site, entry)
  }
}
