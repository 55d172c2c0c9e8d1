/** A publisher's claim that two cores make up a site. The site's index decides whether it is true. */
export interface Claim {
  publisher: string
  site: string
  blobs: string
}

/** Largest number of claimed sites per publisher, so that claims cannot fill the memory. */
const MAX_PER_PUBLISHER = 1_000

/** All claims, indexed by publisher, by site and by blobs core. */
export class Claims {
  private readonly byPublisher = new Map<string, Map<string, Claim>>()
  private readonly bySite = new Map<string, Set<Claim>>()
  private readonly byBlobs = new Map<string, Set<Claim>>()

  constructor(claims: Iterable<Claim> = []) {
    for (const claim of claims) this.add(claim)
  }

  /** A later claim of one publisher about a site replaces the earlier one. @returns whether anything changed */
  add(claim: Claim): boolean {
    const own = this.byPublisher.get(claim.publisher) ?? new Map<string, Claim>()
    const before = own.get(claim.site)
    if (before?.blobs === claim.blobs || (!before && own.size >= MAX_PER_PUBLISHER)) return false
    if (before) this.remove(before)
    this.byPublisher.set(claim.publisher, own.set(claim.site, claim))
    put(this.bySite, claim.site, claim)
    put(this.byBlobs, claim.blobs, claim)
    return true
  }

  *[Symbol.iterator](): Generator<Claim> {
    for (const own of this.byPublisher.values()) yield* own.values()
  }

  /** Claims of a publisher that name a core as index or blobs. */
  *of(publisher: string, core: string): Generator<Claim> {
    for (const claims of [this.bySite.get(core), this.byBlobs.get(core)])
      for (const claim of claims ?? []) if (claim.publisher === publisher) yield claim
  }

  about(site: string): ReadonlySet<Claim> {
    return this.bySite.get(site) ?? NONE
  }

  naming(blobs: string): ReadonlySet<Claim> {
    return this.byBlobs.get(blobs) ?? NONE
  }

  get sites(): Iterable<string> {
    return this.bySite.keys()
  }

  private remove(claim: Claim): void {
    take(this.bySite, claim.site, claim)
    take(this.byBlobs, claim.blobs, claim)
  }
}

const NONE: ReadonlySet<Claim> = new Set()

function put(index: Map<string, Set<Claim>>, key: string, claim: Claim): void {
  index.set(key, (index.get(key) ?? new Set()).add(claim))
}

function take(index: Map<string, Set<Claim>>, key: string, claim: Claim): void {
  const claims = index.get(key)
  claims?.delete(claim)
  if (claims?.size === 0) index.delete(key)
}
