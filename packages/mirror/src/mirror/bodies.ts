import { BoundedCache } from './bounded-cache.js'

/** Bodies beyond this are streamed, so that no visitor waits for all of a film, and no cache is filled by one. Bytes. */
export const MAX_BODY_BYTES = 1024 * 1024

/** Bodies that are being read may take this much, whatever the cache's limit. Bytes. */
const LOADING_BYTES = 32 * 1024 * 1024

/** Small bodies in memory, by names that say what bytes they are. Each is read once, however many ask for it. */
export class Bodies {
  private readonly cache: BoundedCache<Buffer>
  private readonly loading = new Map<string, Promise<Buffer>>()
  private loadingBytes = 0

  /** @param limit in bytes */
  constructor(limit: number) {
    this.cache = new BoundedCache(limit)
  }

  get(name: string): Buffer | undefined {
    return this.cache.get(name)
  }

  /** Whether it is here or on its way. */
  has(name: string): boolean {
    return this.loading.has(name) || this.cache.get(name) !== undefined
  }

  /** Whether a body of that length may be taken into memory now. */
  hasRoomFor(byteLength: number): boolean {
    return byteLength <= MAX_BODY_BYTES && this.loadingBytes + byteLength <= LOADING_BYTES
  }

  /** The body of that name, made when it is not here. Failures are not remembered. */
  async load(name: string, byteLength: number, make: () => Promise<Buffer>): Promise<Buffer> {
    const found = this.cache.get(name) ?? this.loading.get(name)
    if (found) return found
    const made = make()
    this.loading.set(name, made)
    this.loadingBytes += byteLength
    try {
      const body = await made
      this.cache.set(name, body, body.length)
      return body
    } finally {
      this.loading.delete(name)
      this.loadingBytes -= byteLength
    }
  }
}
