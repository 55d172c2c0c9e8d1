import type { CompleteState, ReadableDrive } from '../copy/held-state.js'
import { Bodies } from './bodies.js'
import { BoundedCache } from './bounded-cache.js'
import { PathTables } from './path-tables.js'
import type { HostPlans, Plan } from './plan.js'
import { findRuleFiles, type Parsed, type RuleFiles } from './read-site-rules.js'

/** The approximate memory of a plan: its headers as fields and as text, twice, and its representations. Bytes. */
const PLAN_WEIGHT = 4_500

/** More compressions at a time would delay other visitors. Further files are sent uncompressed. */
const MAX_COMPRESSING = 4

/** The plan of a path that is the same as others': where it is. */
interface SamePlan {
  kind: 'same'
  name: string
}

/** Each stream that compresses takes up to 2 MB. Further large files are sent uncompressed. */
const MAX_STREAMING = 8

interface Known {
  drive: ReadableDrive
  names: Record<'plain' | 'numbered' | 'spa' | 'numberedSpa', string>
  version: number
  fork: number
  blobsFork: number
  ruleFiles: Promise<RuleFiles> | null
  /** The state has no `_redirects`; false also while that is not known. */
  isWithoutRedirects: boolean
}

/** Everything that a server caches of its sites. The limits apply to all sites together. */
export class ServingMemory {
  readonly rules: BoundedCache<Parsed>
  readonly paths: PathTables
  readonly bodies: Bodies
  /**
   * Whether the bytes of a large file match their claim, by the name of its body; and whether a compressed file decodes to the one
   * beside it, by the names of both.
   */
  readonly proofs: BoundedCache<boolean>
  private readonly known = new WeakMap<ReadableDrive, Known>()
  /** The state of the last request: the next request usually needs the same one. */
  private last: Known | null = null
  private count = 0
  private readonly plans: BoundedCache<Plan | HostPlans | SamePlan>
  private readonly sharedNames = new WeakMap<Plan | HostPlans, string>()
  private compressing = 0
  private streaming = 0

  /** @param cacheBytes for all caches together, without bodies that are being read */
  constructor(cacheBytes: number) {
    this.plans = new BoundedCache(cacheBytes / 8)
    this.rules = new BoundedCache(cacheBytes / 16)
    this.proofs = new BoundedCache(cacheBytes / 64)
    this.paths = new PathTables(cacheBytes / 4)
    this.bodies = new Bodies(cacheBytes * (1 - 1 / 4 - 1 / 8 - 1 / 16 - 1 / 64))
  }

  /**
   * A name for a state. A plan is valid for one state only, so its name begins with this one. A state is identified by its
   * drive object, which is a snapshot: the numbers that a drive claims could be false.
   */
  nameOf(site: { state: CompleteState; isNumbered: boolean; spaFallback: boolean }): string {
    // It ends with a space, which no request target contains.
    const { names } = this.knownOf(site.state)
    if (site.isNumbered) return site.spaFallback ? names.numberedSpa : names.numbered
    return site.spaFallback ? names.spa : names.plain
  }

  planAt(name: string): Plan | HostPlans | undefined {
    const found = this.plans.get(name)
    return found?.kind === 'same' ? (this.plans.get(found.name) as Plan | undefined) : found
  }

  /** A plan that many paths share is remembered once, so that missing paths do not take the place of pages. */
  async sharedPlan(name: string, make: () => Promise<Plan>): Promise<Plan> {
    const known = this.plans.get(name) as Plan | undefined
    if (known) return known
    const plan = await make()
    this.sharedNames.set(plan, name)
    this.plans.set(name, plan, PLAN_WEIGHT + name.length)
    return plan
  }

  rememberPlan(name: string, plan: Plan | HostPlans): void {
    const shared = this.sharedNames.get(plan)
    if (shared !== undefined) {
      this.plans.set(name, { kind: 'same', name: shared }, name.length + shared.length)
      return
    }
    const count = plan.kind === 'hosts' ? plan.byHost.size + 1 : 1
    this.plans.set(name, plan, PLAN_WEIGHT * count + name.length)
  }

  /** The rule files of a state. They are looked up once. */
  ruleFilesOf(state: CompleteState): Promise<RuleFiles> {
    const known = this.knownOf(state)
    known.ruleFiles ??= findRuleFiles(state).then(
      (files) => {
        known.isWithoutRedirects = files.redirects === null
        return files
      },
      (error: unknown) => {
        known.ruleFiles = null
        throw error
      }
    )
    return known.ruleFiles
  }

  isWithoutRedirects(state: CompleteState): boolean {
    return this.knownOf(state).isWithoutRedirects
  }

  get isBusy(): boolean {
    return this.compressing >= MAX_COMPRESSING
  }

  async whileCompressing<T>(compress: () => Promise<T>): Promise<T> {
    this.compressing++
    try {
      return await compress()
    } finally {
      this.compressing--
    }
  }

  /** No more files may be compressed while they are sent. */
  get isStreaming(): boolean {
    return this.streaming >= MAX_STREAMING
  }

  async whileStreaming(send: () => Promise<void>): Promise<void> {
    this.streaming++
    try {
      await send()
    } finally {
      this.streaming--
    }
  }

  private knownOf(state: CompleteState): Known {
    const { drive, version, fork, blobsFork } = state
    const found = this.last?.drive === drive ? this.last : this.known.get(drive)
    if (found?.version === version && found.fork === fork && found.blobsFork === blobsFork)
      return (this.last = found)
    const number = ++this.count
    const names = {
      plain: `${number} `,
      numbered: `${number}n `,
      spa: `${number}s `,
      numberedSpa: `${number}ns `
    }
    const made: Known = { drive, names, version, fork, blobsFork, ruleFiles: null, isWithoutRedirects: false }
    this.known.set(drive, made)
    return (this.last = made)
  }
}
