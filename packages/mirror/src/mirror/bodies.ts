import { BoundedCache } from './bounded-cache.js'

/** Larger bodies are streamed: a visitor must not wait for a complete film, and a film must not fill the cache. Bytes. */
const MAX_BODY_BYTES = 1024 * 1024

/** True for a body that may be kept in memory. */
export function isSmall(byteLength: number): boolean {
  return byteLength <= MAX_BODY_BYTES
}

/** Bodies that are being read may take this much memory, in addition to the cache. Bytes. */
const LOADING_BYTES = 32 * 1024 * 1024

/** Small bodies in memory, by names that identify their bytes. Simultaneous requests for one body read it once. */
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

  /** True when the body is here or being read. */
  has(name: string): boolean {
    return this.loading.has(name) || this.cache.get(name) !== undefined
  }

  /** True when a body of that length may be read into memory now. */
  hasRoomFor(byteLength: number): boolean {
    return isSmall(byteLength) && this.loadingBytes + byteLength <= LOADING_BYTES
  }

  /** The body of that name. It is made when it is not here; errors are not cached. */
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
