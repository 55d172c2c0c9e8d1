import type { RequestListener } from 'node:http'
import { Network, type Address } from '@sitedrive/core/drive'
import {
  inWords,
  listen,
  listenOnFreePort,
  sendReady,
  siteListener,
  type SiteServer
} from '@sitedrive/mirror/parts'
import { Library, type Interest, type LibrarySite } from './library/library.js'
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
  /** Answers at `localhost`, where no site is. @default that there is nothing */
  own?: RequestListener
  /** Called with each release that came while its site was open. */
  onNews?: (site: ReadSite, entry: LibrarySite) => void
}

/** What a site is opened for. */
export interface Opening {
  interest?: Interest
  /** The domain name that led to it. */
  name?: string | null
  maxBytes?: number | null
}

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
  private readonly opening = new Map<string, Promise<ReadSite>>()
  private closed: Promise<void> | null = null

  private constructor(
    options: ReaderOptions,
    sites: Map<string, ReadSite>,
    server: Pick<SiteServer, 'port' | 'close'>
  ) {
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
    const listener = siteListener({ sites, own: options.own ?? nothing, stallMs: STALL_MS })
    return new Reader(
      options,
      sites,
      await listenOnFreePort({ port: options.port, firstPort: FIRST_PORT }, (port) =>
        listen(listener, { port })
      )
    )
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
  async openSite(key: string, { interest = 'read', ...changes }: Opening = {}): Promise<ReadSite> {
    const before = this.library.get(key)
    const weightier = before && WEIGHT[before.interest] > WEIGHT[interest] ? before.interest : interest
    const entry = this.library.update(key, {
      ...changes,
      interest: weightier,
      openedAt: new Date().toISOString()
    })
    return this.siteOf(entry)
  }

  /** Opens the sites that are followed or kept. @returns those that could not be opened, with the reason */
  async openLibrary(): Promise<{ key: string; problem: Error }[]> {
    const problems: { key: string; problem: Error }[] = []
    for (const entry of this.library.list()) {
      if (entry.interest === 'read') continue
      await this.siteOf(entry).catch((problem: Error) => problems.push({ key: entry.key, problem }))
    }
    return problems
  }

  /** Closes a site, and removes its copy from this machine. */
  async forget(key: string): Promise<void> {
    await (await this.opening.get(key))?.close()
    this.opening.delete(key)
    this.openSites.delete(key)
    this.library.forget(key)
  }

  /** Ends the server and the network, and closes all sites. Safe to call twice. */
  close(): Promise<void> {
    return (this.closed ??= this.closeNow())
  }

  private async closeNow(): Promise<void> {
    await Promise.all([this.server.close(), this.network.close()])
    const open = await Promise.allSettled(this.opening.values())
    await Promise.all(open.map(async (site) => site.status === 'fulfilled' && site.value.close()))
  }

  private siteOf(entry: LibrarySite): Promise<ReadSite> {
    const { key } = entry
    const before = this.opening.get(key)
    if (before) return before
    const opening = this.openCopy(entry)
    this.opening.set(key, opening)
    opening.catch(() => this.opening.delete(key)) // the caller gets the error; the next call tries again
    return opening
  }

  private async openCopy({ key, maxBytes }: LibrarySite): Promise<ReadSite> {
    const { home, isShared = true } = this.options
    const site = await ReadSite.open({
      key,
      dir: siteFolder(home, key),
      network: this.network,
      isShared,
      maxBytes: maxBytes ?? this.options.maxBytes ?? MAX_BYTES,
      stallMs: STALL_MS
    })
    this.openSites.set(key, site)
    site.onRelease(() => this.note(site))
    if (site.state) this.note(site)
    return site
  }

  /** Writes down what is shown now; a release that replaced another one is news. */
  private note(site: ReadSite): void {
    const { key, state, release, title } = site
    const before = this.library.get(key)
    if (!state || !before) return
    const shown = { title, release: release?.release ?? null, version: state.version }
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
    this.options.onNews?.(site, entry)
  }
}

const nothing: RequestListener = (_req, res) => sendReady(res, NOTHING)

const NOTHING = inWords({
  status: 404,
  title: 'There is no site here',
  text: 'Each site has an address of its own: it was printed where the site was opened.'
})
