// A generated site: the same for everybody, and no two pages alike.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** @param {{ pages: number, pageBytes?: number, images?: number, imageBytes?: number }} size */
export function generateSite(dir, { pages, pageBytes = 8000, images = 0, imageBytes = 200_000 }) {
  for (let n = 0; n < pages; n++) {
    const folder = path.join(dir, `section-${n % 10}`, `page-${n}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'index.html'), page(n, pageBytes))
  }
  mkdirSync(path.join(dir, 'images'), { recursive: true })
  for (let n = 0; n < images; n++)
    writeFileSync(path.join(dir, 'images', `${n}.png`), noise(`image ${n}`, imageBytes))
}

export function page(n, bytes, words = 'words') {
  const body = noise(`page ${n} ${words}`, Math.ceil(bytes / 2)).toString('hex')
  return `<!doctype html><title>Page ${n}</title><main>${body}`.slice(0, bytes)
}

/** Bytes that do not compress, made from a seed. */
function noise(seed, bytes) {
  const parts = []
  for (let n = 0; n * 64 < bytes; n++) parts.push(createHash('sha512').update(`${seed} ${n}`).digest())
  return Buffer.concat(parts).subarray(0, bytes)
}
