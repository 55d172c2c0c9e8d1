import type { Admission, CoreSize, SeedAnswer, SiteCores } from '@sitedrive/core/drive'
import type { Claim } from './site-claims.js'
import { CORE_BYTES, costOf, isAbsurd } from './quota-cost.js'
import type { Pin, TableRecord } from './pin.js'
import { readTable, writeTable } from './table-file.js'

/** Settings of the operator at a start of the peer. Settings that are left out stay as the table has them. */
export interface Policy {
  /** Publishers to trust, by normalised key, with the quota of each in bytes; null: no limit. */
  trust?: ReadonlyMap<string, number | null>
  /** Publishers to trust no longer. Their data stays on the disk, but is no longer shown or announced. */
  distrust?: readonly string[]
  /** Sites to show and fetch no longer. */
  block?: readonly string[]
  unblock?: readonly string[]
  /** Quota for all pins together, in bytes; null: no limit. */
  totalBytes?: number | null | undefined
  /**
   * Quota for publishers that are not trusted, in bytes. Their data is kept, but never shown or announced. null: no limit of
   * its own; undefined: strangers are refused. Not stored: it must be given at each start.
   */
  strangersBytes?: number | null | undefined
  /** Decides about publishers that the table does not trust. Called each time, not cached. */
  alsoTrusts?: (publisher: string) => boolean
}

/** A publisher's quota and how much of it is used. */
export interface PublisherUse {
  publisher: string
  quotaBytes: number | null
  usedBytes: number
}

/** Longest delay until changed sizes are written. New pins are written at once. Milliseconds. */
const SAVE_MS = 500

/** Largest number of remembered strangers. */
const MAX_STRANGERS = 1_000

/**
 * Decides what a seed keeps, for whom, and how much of it, and remembers that in a file.
 *
 * Every kept core counts in one quota: that of the first trusted publisher who asked for it and has room, or the strangers'.
 * A publisher only claims which two cores make up a site; the claim is checked against the index before the site is shown.
 */
export class PinTable implements Admission {
  private readonly file: string
  private readonly table: TableRecord
  private readonly strangersBytes: number | null | undefined
  private readonly alsoTrusts: (publisher: string) => boolean
  private readonly strangersClaims = new Map<string, Claim>()
  private readonly listeners = new Set<(publishers: readonly string[], key: string) => void>()
  private readonly growthListeners = new Set<(key: string) => void>()
  private readonly conflictListeners = new Set<(key: string, size: CoreSize) => void>()
  private saving: NodeJS.Timeout | NodeJS.Immediate | null = null
  /** Why the table could not be written; newer changes are then not saved. */
  problem: Error | null = null

  /** @throws {SitedriveError} CONFIG_INVALID when the file is damaged */
  constructor(file: string, policy: Policy = {}) {
    this.file = file
    this.table = readTable(file)
    this.strangersBytes = policy.strangersBytes
    this.alsoTrusts = policy.alsoTrusts ?? (() => false)
    const { trusted, blocked } = this.table
    for (const [publisher, quota] of policy.trust ?? []) trusted.set(publisher, quota)
    for (const publisher of policy.distrust ?? []) trusted.delete(publisher)
    for (const site of policy.block ?? []) blocked.add(site)
    for (const site of policy.unblock ?? []) blocked.delete(site)
    if (policy.totalBytes !== undefined) this.table.totalBytes = policy.totalBytes
    writeTable(this.file, this.table)
  }

  /** Calls the listener when a pin or an answer changes. The listener gets the publishers concerned and the core's key. */
  onChange(listener: (publishers: readonly string[], key: string) => void): void {
    this.listeners.add(listener)
  }

  /** Calls the listener for each peer that holds another history of a kept core, signed with the same key. */
  onConflict(listener: (key: string, size: CoreSize) => void): void {
    this.conflictListeners.add(listener)
  }

  /** Calls the listener when a kept core has grown, or blocks of it have arrived. */
  onGrowth(listener: (key: string) => void): void {
    this.growthListeners.add(listener)
  }

  introduced(publisher: string, { site, blobs }: SiteCores): void {
    if (site === blobs) return
    const claim = { publisher, site, blobs }
    if (!this.isTrusted(publisher)) return this.recordStrangersClaim(claim)
    // May be written later: a claim has no effect without a pin, and pins are written at once.
    if (this.table.claims.add(claim)) this.saveSoon(SAVE_MS)
    this.notify([publisher], site)
  }

  admits(publisher: string, { key, announce }: { key: string; announce: boolean }): boolean {
    const admitted = this.pin(publisher, key, announce)
    this.notify([publisher], key)
    return admitted
  }

  allows(key: string, size: CoreSize): boolean {
    const pin = this.table.pins.get(key)
    if (!pin || pin.isSpoilt || this.isBlocked(key)) return false
    if (isAbsurd(size)) return this.spoil(pin)
    const cost = costOf(size)
    const payer = this.payers(pin).find((each) => this.fits(each, pin, cost))
    const wasOver = pin.isOver
    pin.isOver = payer === undefined
    if (payer !== undefined) {
      pin.payer = payer
      pin.bytes = cost
    }
    this.saveSoon(SAVE_MS)
    if (pin.isOver !== wasOver) this.notify(pin.publishers, key)
    return !pin.isOver
  }

  withheld(): string[] {
    const { blocked, pins } = this.table
    const isWithheld = ({ key, isSpoilt }: Pin) => isSpoilt || this.isBlocked(key)
    const pinned = [...pins.values()].filter((pin) => !blocked.has(pin.key) && isWithheld(pin))
    return [...blocked, ...pinned.map(({ key }) => key)]
  }

  changed(key: string): void {
    for (const listener of this.growthListeners) listener(key)
  }

  conflicted(key: string, size: CoreSize): void {
    for (const listener of this.conflictListeners) listener(key, size)
  }

  isTrusted(publisher: string): boolean {
    return this.table.trusted.has(publisher) || this.alsoTrusts(publisher)
  }

  /** True for a blocked site, and for blobs that only blocked sites claim. */
  isBlocked(key: string): boolean {
    const { blocked, claims } = this.table
    if (blocked.size === 0) return false
    if (blocked.has(key)) return true
    const claimants = [...claims.naming(key)]
    return claimants.length > 0 && claimants.every(({ site }) => blocked.has(site))
  }

  get blocked(): ReadonlySet<string> {
    return this.table.blocked
  }

  /** Pins to keep now: neither blocked nor spoilt, and wanted by a publisher that may still pin. */
  get kept(): Pin[] {
    return [...this.table.pins.values()].filter(
      (pin) => !pin.isSpoilt && !this.isBlocked(pin.key) && this.payers(pin).length > 0
    )
  }

  /** Whether a core may be announced to other peers. */
  isAnnounced(key: string): boolean {
    const pin = this.table.pins.get(key)
    if (!pin?.announce || this.isBlocked(key) || !this.trustedBy(pin)) return false
    // Only the index is announced: readers search for it, and it names the blobs.
    return ![...this.table.claims.naming(key)].some(({ publisher }) => pin.publishers.includes(publisher))
  }

  /** Whether a trusted publisher pinned this core and claims that it is the index of a site. */
  isSite(key: string): boolean {
    const pin = this.table.pins.get(key)
    if (!pin || pin.isSpoilt || this.isBlocked(key)) return false
    return [...this.table.claims.about(key)].some(
      ({ publisher }) => pin.publishers.includes(publisher) && this.isTrusted(publisher)
    )
  }

  /** All sites to mirror. */
  get sites(): string[] {
    return [...this.table.claims.sites].filter((site) => this.isSite(site))
  }

  /**
   * Whether a site may be fetched and shown: the same trusted publisher pinned both of its cores, and neither exceeds the
   * quota.
   *
   * @param blobs the blobs core that the site's index names
   */
  mayShow(site: string, blobs: string): boolean {
    const index = this.table.pins.get(site)
    const bytes = this.table.pins.get(blobs)
    if (!index || !bytes || index.isOver || bytes.isOver || this.isBlocked(site)) return false
    return index.publishers.some(
      (publisher) => this.isTrusted(publisher) && bytes.publishers.includes(publisher)
    )
  }

  /** The bytes that a core counts in its quota. */
  bytesOf(key: string): number {
    return this.table.pins.get(key)?.bytes ?? 0
  }

  /** The trusted publishers that pinned a core, in the order of their requests. */
  pinnedBy(key: string): string[] {
    return this.trustedOf(this.table.pins.get(key))
  }

  /** Whether a core exceeds its quota. */
  isOver(key: string): boolean {
    return this.table.pins.get(key)?.isOver ?? false
  }

  get totalBytes(): number | null {
    return this.table.totalBytes
  }

  get usedBytes(): number {
    return this.used(() => true)
  }

  /** Usage of each trusted publisher, and of all strangers; `strangers` is null when they are refused. */
  get use(): { publishers: PublisherUse[]; strangers: Omit<PublisherUse, 'publisher'> | null } {
    const { trusted, pins } = this.table
    const known = new Set([...trusted.keys(), ...[...pins.values()].flatMap(({ payer }) => payer ?? [])])
    return {
      publishers: [...known].map((publisher) => ({
        publisher,
        quotaBytes: trusted.get(publisher) ?? null,
        usedBytes: this.usedBy(publisher)
      })),
      strangers:
        this.strangersBytes === undefined
          ? null
          : { quotaBytes: this.strangersBytes, usedBytes: this.usedBy(null) }
    }
  }

  /** Answers for a publisher about those of its claimed sites that a core is part of. */
  answersFor(publisher: string, key: string, mirror: (site: string) => string | null): SeedAnswer[] {
    return this.claimsOf(publisher, key).map((claim) => this.answer(publisher, claim, mirror))
  }

  /** Writes the table now. */
  flush(): void {
    this.cancelSave()
    try {
      writeTable(this.file, this.table)
      this.problem = null
    } catch (error) {
      this.problem = error instanceof Error ? error : new Error(String(error))
    }
  }

  private pin(publisher: string, key: string, announce: boolean): boolean {
    const isTrusted = this.isTrusted(publisher)
    if (!isTrusted && this.strangersBytes === undefined) return false
    if (this.isBlocked(key) || this.isOfBlockedSite(publisher, key)) return false
    const known = this.table.pins.get(key)
    const pin = known ?? {
      key,
      publishers: [],
      payer: isTrusted ? publisher : null,
      announce: false,
      since: new Date().toISOString(),
      bytes: CORE_BYTES,
      isOver: false,
      isSpoilt: false
    }
    if (pin.isSpoilt) return false
    if (!known && !this.fits(pin.payer, pin, pin.bytes)) return false
    if (known && !isTrusted) return true
    const isNews = !known || !pin.publishers.includes(publisher) || (announce && !pin.announce)
    if (isTrusted) {
      if (!pin.publishers.includes(publisher)) pin.publishers.push(publisher)
      pin.announce ||= announce
      // A stranger's pin moves to the trusted publisher's quota, if there is room.
      if (pin.payer === null && this.fits(publisher, pin, pin.bytes)) pin.payer = publisher
    }
    this.table.pins.set(key, pin)
    if (isNews) this.saveSoon()
    return true
  }

  private spoil(pin: Pin): boolean {
    pin.isSpoilt = true
    pin.isOver = true
    this.flush() // saved at once, so that a restart never opens it again
    this.notify(pin.publishers, pin.key)
    return false
  }

  private answer(publisher: string, claim: Claim, mirror: (site: string) => string | null): SeedAnswer {
    const { site } = claim
    const isTrusted = this.isTrusted(publisher)
    const payer = isTrusted ? publisher : null
    const quotaBytes = this.quotaOf(payer)
    const pins = [site, claim.blobs].map((key) => this.table.pins.get(key))
    const state = this.isRefused(isTrusted, claim)
      ? 'refused'
      : pins.some((pin) => pin?.isOver || (!pin && !this.hasRoom(payer, CORE_BYTES)))
        ? 'over quota'
        : 'kept'
    return {
      site,
      state,
      quotaBytes: quotaBytes ?? this.table.totalBytes,
      usedBytes: this.usedBy(payer),
      mirror: state !== 'refused' && this.isSite(site) ? mirror(site) : null
    }
  }

  private isRefused(isTrusted: boolean, { site, blobs }: Claim): boolean {
    if (!isTrusted && this.strangersBytes === undefined) return true
    return this.table.blocked.has(site) || this.isBlocked(blobs)
  }

  private isOfBlockedSite(publisher: string, key: string): boolean {
    return this.claimsOf(publisher, key).some(({ site }) => this.table.blocked.has(site))
  }

  /** A publisher's claims about sites that a core is part of. */
  private claimsOf(publisher: string, core: string): Claim[] {
    if (this.isTrusted(publisher)) return [...this.table.claims.of(publisher, core)]
    const claim = this.strangersClaims.get(publisher)
    return claim && (claim.site === core || claim.blobs === core) ? [claim] : []
  }

  private recordStrangersClaim(claim: Claim): void {
    const { publisher } = claim
    const [oldest] = this.strangersClaims.keys()
    if (this.strangersClaims.size >= MAX_STRANGERS && oldest !== undefined)
      this.strangersClaims.delete(oldest)
    // Only a stranger's last claim is kept and answered.
    this.strangersClaims.set(publisher, claim)
  }

  /** Publishers in whose quota a pin may count: trusted ones in the order of their requests, else null for the strangers'. */
  private payers(pin: Pin): (string | null)[] {
    const trusted = this.trustedOf(pin)
    if (trusted.length > 0) return trusted
    return this.strangersBytes === undefined ? [] : [null]
  }

  private trustedOf(pin: Pin | undefined): string[] {
    return pin?.publishers.filter((publisher) => this.isTrusted(publisher)) ?? []
  }

  private trustedBy(pin: Pin): boolean {
    return pin.publishers.some((publisher) => this.isTrusted(publisher))
  }

  private fits(payer: string | null, pin: Pin, bytes: number): boolean {
    const isCounted = this.table.pins.has(pin.key)
    const own = isCounted && pin.payer === payer ? pin.bytes : 0
    return this.hasRoom(payer, bytes - own, bytes - (isCounted ? pin.bytes : 0))
  }

  private hasRoom(payer: string | null, more: number, moreInAll = more): boolean {
    const quota = this.quotaOf(payer)
    const { totalBytes } = this.table
    return (
      // guard: seed: nobody gets more than the quota
      (quota === null || this.usedBy(payer) + more <= quota) &&
      // guard: seed: all pins stay within the total
      (totalBytes === null || this.usedBytes + moreInAll <= totalBytes)
    )
  }

  private quotaOf(payer: string | null): number | null {
    if (payer === null) return this.strangersBytes ?? null
    return this.table.trusted.get(payer) ?? null
  }

  private usedBy(payer: string | null): number {
    return this.used((pin) => pin.payer === payer)
  }

  private used(counts: (pin: Pin) => boolean): number {
    let bytes = 0
    for (const pin of this.table.pins.values()) if (counts(pin)) bytes += pin.bytes
    return bytes
  }

  private notify(publishers: readonly string[], key: string): void {
    for (const listener of this.listeners) listener(publishers, key)
  }

  /** Without a delay, saves at the end of this turn: before any block of a new pin can arrive. */
  private saveSoon(delayMs = 0): void {
    if (delayMs === 0) {
      this.cancelSave()
      this.saving = setImmediate(() => this.flush())
    } else {
      this.saving ??= setTimeout(() => this.flush(), delayMs).unref()
    }
  }

  private cancelSave(): void {
    if (this.saving) {
      clearTimeout(this.saving as NodeJS.Timeout)
      clearImmediate(this.saving as NodeJS.Immediate)
    }
    this.saving = null
  }
}
