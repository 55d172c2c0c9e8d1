import type { CompleteState, ReadableDrive } from '../copy/held-state.js'
import { Bodies } from './bodies.js'
import { BoundedCache } from './bounded-cache.js'
import type { Plan } from './plan.js'
import { findRuleFiles, type Parsed, type RuleFiles } from './read-site-rules.js'

/** What a plan takes, roughly: its headers, as fields and as text, twice, and its representations. Bytes. */
const PLAN_WEIGHT = 4_500

/** More would take the time of the visitors whose pages are ready; the rest is sent as it is. */
const MAX_COMPRESSING = 4

interface Known {
  drive: ReadableDrive
  names: Record<'plain' | 'numbered' | 'spa' | 'numberedSpa', string>
  version: number
  fork: number
  blobsFork: number
  ruleFiles: Promise<RuleFiles> | null
}

/** All that a server keeps in memory of the sites that it serves, in bounds that hold for all of them together. */
export class ServingMemory {
  readonly plans: BoundedCache<Plan>
  readonly rules: BoundedCache<Parsed>
  readonly bodies: Bodies
  /** Whether the bytes of a large file are what was claimed of them, by the name of its body. */
  readonly proofs: BoundedCache<boolean>
  private readonly known = new WeakMap<ReadableDrive, Known>()
  /** The state of the last request, which is mostly that of the next one. */
  private last: Known | null = null
  private count = 0
  private compressing = 0

  /** @param cacheBytes for everything, but for what is on its way */
  constructor(cacheBytes: number) {
    this.plans = new BoundedCache(cacheBytes / 8)
    this.rules = new BoundedCache(cacheBytes / 16)
    this.proofs = new BoundedCache(cacheBytes / 64)
    this.bodies = new Bodies(cacheBytes - cacheBytes / 8 - cacheBytes / 16 - cacheBytes / 64)
  }

  /**
   * Tells states apart. A plan is good for one state only, so its name begins with the state's; a drive object is a
   * snapshot, and stands for its state as nothing that the drive says of itself could.
   */
  nameOf(site: { state: CompleteState; isNumbered: boolean; spaFallback: boolean }): string {
    // A space ends it: no request target has one.
    const { names } = this.knownOf(site.state)
    if (site.isNumbered) return site.spaFallback ? names.numberedSpa : names.numbered
    return site.spaFallback ? names.spa : names.plain
  }

  rememberPlan(name: string, plan: Plan): void {
    this.plans.set(name, plan, PLAN_WEIGHT + name.length)
  }

  /** Where the rule files of a state are. Looked up once. */
  ruleFilesOf(state: CompleteState): Promise<RuleFiles> {
    const known = this.knownOf(state)
    known.ruleFiles ??= findRuleFiles(state).catch((error: unknown) => {
      known.ruleFiles = null
      throw error
    })
    return known.ruleFiles
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
    const made: Known = { drive, names, version, fork, blobsFork, ruleFiles: null }
    this.known.set(drive, made)
    return (this.last = made)
  }
}
