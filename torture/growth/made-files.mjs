import { createCipheriv, createHash } from 'node:crypto'
import { closeSync, createReadStream, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

const CHUNK = 8_000_000

/** Bytes that do not compress, the same for the same name. */
function noise(name) {
  const key = createHash('sha256').update(name).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return (length) => cipher.update(Buffer.alloc(length))
}

/** A page of about so many bytes, with other words in each version. */
export function pageOf(name, version, bytes) {
  const words = noise(`${name} ${version}`)(Math.ceil(bytes / 2)).toString('hex')
  return `<!doctype html>\n<html lang="en"><title>${name}</title><main>${words}</main></html>\n`
}

export function writePage(dir, name, version, bytes) {
  const file = path.join(dir, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, pageOf(name, version, bytes))
}

/** Writes pages, 100 in a folder. @returns {string[]} their names */
export function writePages(dir, count, bytes) {
  const names = Array.from({ length: count }, (_, number) =>
    number === 0 ? 'index.html' : `part-${Math.floor(number / 100)}/page-${number}.html`
  )
  for (const name of names) writePage(dir, name, 0, bytes)
  return names
}

/** Writes a file of any size. */
export function writeLarge(dir, name, bytes) {
  const next = noise(name)
  const file = path.join(dir, name)
  mkdirSync(path.dirname(file), { recursive: true })
  const descriptor = openSync(file, 'w')
  for (let rest = bytes; rest > 0; rest -= CHUNK) writeSync(descriptor, next(Math.min(rest, CHUNK)))
  closeSync(descriptor)
}

/** @returns {Promise<string>} the sha256 of a file of any size */
export async function hashOfFile(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
