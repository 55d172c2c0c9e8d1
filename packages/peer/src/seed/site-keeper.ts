import type { Publisher, SeedHost } from '@sitedrive/core/drive'
import { MAX_PROBLEMS } from '@sitedrive/core/drive'
import { MirroredSite } from './mirrored-site.js'
import type { PinTable } from './pin-table.js'

export interface SiteKeeperOptions {
  host: SeedHost
  table: PinTable
  marksDir: string
  stallMs: number
  /** Where a site is on the web. */
  urlOf: (site: string) => string
  /** Hears of what is wrong with a site. */
  onSiteProblem: (site: string, problem: string) => void
}

/** What was told is not told again for so long. Milliseconds. */
const QUIET_MS = 60_000

/** Does what the table says: keeps cores, lets others find them, follows sites, and answers their publishers. */
export class SiteKeeper {
  /** Sites that are mirrored, by key. */
  readonly sites = new Map<string, MirroredSite>()
  private readonly options: SiteKeeperOptions
  private readonly opening = new Map<string, Promise<void>>()
  private readonly sitesOfBlobs = new Map<string, Set<MirroredSite>>()
  private readonly announced = new Set<string>()
  private readonly told = new Map<string, number>()
  private readonly said = new WeakMap<Publisher, Map<string, string>>()
  private isClosed = false
  /** How many times a peer has shown another history of a kept core. */
  conflicts = 0
  /** Why a core or a site could not be opened. */
  problem: Error | null = null

  constructor(options: SiteKeeperOptions) {
    this.options = options
    const { table } = options
    table.onChange((publishers, key) => this.follow(publishers, key))
    table.onGrowth((key) => this.look(key))
    table.onConflict((key, { fork }) => {
      this.conflicts++
      for (const site of this.sitesOf(key)) site.conflicted(key, fork)
    })
  }

  /** Takes up what the table has from before. */
  async start(): Promise<void> {
    const { host, table } = this.options
    for (const { key } of table.kept) {
      // One that cannot be opened must not keep the others from being served.
      await host.keep(key).catch((error: unknown) => this.note(error))
      this.announce(key)
    }
    await Promise.all(table.sites.map((site) => this.mirror(site)))
  }

  async close(): Promise<void> {
    this.isClosed = true
    await Promise.allSettled(this.opening.values())
    await Promise.allSettled([...this.sites.values()].map((site) => site.close()))
  }

  private follow(publishers: readonly string[], key: string): void {
    this.answer(publishers, key)
    this.announce(key)
    if (this.options.table.isSite(key)) void this.mirror(key)
    this.look(key)
  }

  private answer(publishers: readonly string[], key: string): void {
    const { host, table, urlOf } = this.options
    for (const publisher of host.connectedPublishers) {
      if (!publishers.includes(publisher.key)) continue
      const said = this.said.get(publisher) ?? new Map<string, string>()
      this.said.set(publisher, said)
      for (const plain of table.answersFor(publisher.key, key, urlOf)) {
        const problems = this.sites.get(plain.site)?.problems ?? []
        const answer = problems.length > 0 ? { ...plain, problems: problems.slice(0, MAX_PROBLEMS) } : plain
        const text = JSON.stringify(answer)
        if (said.get(answer.site) === text) continue
        said.set(answer.site, text)
        publisher.answer(answer)
      }
    }
  }

  /** What is wrong with a site may have changed: its publishers and the operator are told. */
  private tellProblems(site: MirroredSite): void {
    const publishers = this.options.host.connectedPublishers.map(({ key }) => key)
    this.answer(publishers, site.key)
    const now = Date.now()
    for (const [told, at] of this.told) if (now - at > QUIET_MS) this.told.delete(told)
    for (const problem of site.problems) {
      const told = `${site.key} ${problem}`
      if (!this.told.has(told)) this.options.onSiteProblem(site.key, problem)
      this.told.set(told, now)
    }
  }

  private announce(key: string): void {
    const { host, table } = this.options
    if (this.announced.has(key) || !table.isAnnounced(key)) return
    this.announced.add(key)
    host.announce(key)
  }

  private look(key: string): void {
    for (const site of this.sitesOf(key)) site.look()
  }

  /** The sites that a core is a part of. */
  private sitesOf(key: string): MirroredSite[] {
    const site = this.sites.get(key)
    return [...(site ? [site] : []), ...(this.sitesOfBlobs.get(key) ?? [])]
  }

  private mirror(key: string): Promise<void> {
    if (this.isClosed || this.sites.has(key)) return Promise.resolve()
    const running = this.opening.get(key)
    if (running) return running
    const opening = this.openSite(key).catch((error: unknown) => this.note(error))
    this.opening.set(key, opening)
    return opening.finally(() => this.opening.delete(key))
  }

  private note(error: unknown): void {
    this.problem = error instanceof Error ? error : new Error(String(error))
  }

  private async openSite(key: string): Promise<void> {
    const { host, table, marksDir, stallMs } = this.options
    // The host keeps the core first, so that its limits are asked for before anybody else hears that it has grown.
    await Promise.resolve()
    const site = await MirroredSite.open({
      host,
      table,
      key,
      marksDir,
      stallMs,
      onBlobsKey: (blobsKey) => {
        const sites = this.sitesOfBlobs.get(blobsKey) ?? new Set()
        this.sitesOfBlobs.set(blobsKey, sites.add(site))
        site.look()
      },
      onProblems: (changed) => this.tellProblems(changed)
    })
    this.sites.set(key, site)
    this.tellProblems(site)
    site.look()
  }
}
