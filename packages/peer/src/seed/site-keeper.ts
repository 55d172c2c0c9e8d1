import type { Publisher, SeedHost } from '@sitedrive/core/drive'
import { MAX_PROBLEMS } from '@sitedrive/core/drive'
import { MirroredSite } from './mirrored-site.js'
import type { PinTable } from './pin-table.js'

export interface SiteKeeperOptions {
  host: SeedHost
  table: PinTable
  marksDir: string
  stallMs: number
  /** Address of a site on the web. */
  urlOf: (site: string) => string
  /** Called with each problem of a site. */
  onSiteProblem: (site: string, problem: string) => void
}

/** A problem that was seen within this time is not reported again. Milliseconds. */
const NO_REPEAT_MS = 60_000

/** Carries out the table's decisions: keeps and announces cores, mirrors sites, and answers their publishers. */
export class SiteKeeper {
  /** Mirrored sites, by key. */
  readonly sites = new Map<string, MirroredSite>()
  private readonly options: SiteKeeperOptions
  private readonly opening = new Map<string, Promise<void>>()
  private readonly sitesOfBlobs = new Map<string, Set<MirroredSite>>()
  private readonly announced = new Set<string>()
  private readonly reportedAt = new Map<string, number>()
  private readonly sentAnswers = new WeakMap<Publisher, Map<string, string>>()
  private isClosed = false
  /** How often a peer has shown another history of a kept core. */
  conflicts = 0
  /** Why a core or a site could not be opened. */
  problem: Error | null = null

  constructor(options: SiteKeeperOptions) {
    this.options = options
    const { table } = options
    table.onChange((publishers, key) => this.follow(publishers, key))
    table.onGrowth((key) => this.update(key))
    table.onConflict((key, { fork }) => {
      this.conflicts++
      for (const site of this.sitesOf(key)) site.conflicted(key, fork)
    })
  }

  /** Opens the cores and sites that the table has from an earlier run. */
  async start(): Promise<void> {
    const { host, table } = this.options
    for (const { key } of table.kept) {
      // A core that cannot be opened must not stop the others.
      await host.keep(key).catch((error: unknown) => this.recordProblem(error))
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
    this.update(key)
  }

  private answer(publishers: readonly string[], key: string): void {
    const { host, table, urlOf } = this.options
    for (const publisher of host.connectedPublishers) {
      if (!publishers.includes(publisher.key)) continue
      const sent = this.sentAnswers.get(publisher) ?? new Map<string, string>()
      this.sentAnswers.set(publisher, sent)
      for (const plain of table.answersFor(publisher.key, key, urlOf)) {
        const problems = this.sites.get(plain.site)?.problems ?? []
        const answer = problems.length > 0 ? { ...plain, problems: problems.slice(0, MAX_PROBLEMS) } : plain
        const text = JSON.stringify(answer)
        if (sent.get(answer.site) === text) continue
        sent.set(answer.site, text)
        publisher.answer(answer)
      }
    }
  }

  /** Sends a site's problems to its connected publishers and to the operator. */
  private reportProblems(site: MirroredSite): void {
    const publishers = this.options.host.connectedPublishers.map(({ key }) => key)
    this.answer(publishers, site.key)
    const now = Date.now()
    for (const [name, at] of this.reportedAt) if (now - at > NO_REPEAT_MS) this.reportedAt.delete(name)
    for (const problem of site.problems) {
      const name = `${site.key} ${problem}`
      if (!this.reportedAt.has(name)) this.options.onSiteProblem(site.key, problem)
      this.reportedAt.set(name, now)
    }
  }

  private announce(key: string): void {
    const { host, table } = this.options
    if (this.announced.has(key) || !table.isAnnounced(key)) return
    this.announced.add(key)
    host.announce(key)
  }

  private update(key: string): void {
    for (const site of this.sitesOf(key)) site.update()
  }

  /** The sites that a core belongs to. */
  private sitesOf(key: string): MirroredSite[] {
    const site = this.sites.get(key)
    return [...(site ? [site] : []), ...(this.sitesOfBlobs.get(key) ?? [])]
  }

  private mirror(key: string): Promise<void> {
    if (this.isClosed || this.sites.has(key)) return Promise.resolve()
    const running = this.opening.get(key)
    if (running) return running
    const opening = this.openSite(key).catch((error: unknown) => this.recordProblem(error))
    this.opening.set(key, opening)
    return opening.finally(() => this.opening.delete(key))
  }

  private recordProblem(error: unknown): void {
    this.problem = error instanceof Error ? error : new Error(String(error))
  }

  private async openSite(key: string): Promise<void> {
    const { host, table, marksDir, stallMs } = this.options
    // The host must open the core first, so that it checks the limits before any other listener learns of growth.
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
        site.update()
      },
      onProblems: (changed) => this.reportProblems(changed)
    })
    this.sites.set(key, site)
    this.reportProblems(site)
    site.update()
  }
}
