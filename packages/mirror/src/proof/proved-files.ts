import { hash } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { endOf, type BlobPointer } from '@sitedrive/core/drive'

/** A record is the first half of a sha256 of a file's place and claim, then the block after its last one, in 6 bytes. */
const NAME_BYTES = 16
const RECORD_BYTES = NAME_BYTES + 6

/** The header is this word, which identifies the file format, and then the fork of the blobs as a 64-bit number. */
const MAGIC = 'sdproof1'
const HEADER_BYTES = MAGIC.length + 8

/** More records than this are not kept: those files are read again. 22 MB. */
const MAX_RECORDS = 1_000_000

/**
 * Remembers, in a file, which bytes of a blobs core match which hash, so that each file is read once.
 *
 * The records belong to one fork. When the core moves to another fork, the blocks below the cut stay the same.
 */
export class ProvedFiles {
  private readonly file: string
  /** How many records the file has, and below which block they are still valid; null: it must be rewritten. */
  private written: { count: number; below: number } | null
  /** The valid records of the file, while they are needed. */
  private known: Set<string> | null = null
  /** Files that were proved since the file was written, each with the block after its last one. */
  private readonly fresh = new Map<string, number>()

  /** @param blobsFork the present fork of the blobs core */
  constructor(file: string, blobsFork: number) {
    this.file = file
    const content = read(file)
    const isOfFork = content !== null && forkIn(content) === blobsFork
    this.written = isOfFork ? { count: countIn(content), below: Infinity } : null
  }

  /** How many times the core has moved to another fork. Bytes that were read during a move may be from the fork before. */
  moves = 0

  /** Call it when the core has moved to another fork. @param length all blocks from here on are gone */
  truncated(length: number): void {
    this.moves++
    this.known = null
    if (this.written) this.written.below = Math.min(this.written.below, length)
    for (const [name, end] of this.fresh) if (end > length) this.fresh.delete(name)
  }

  has(blob: BlobPointer, claim: string): boolean {
    const name = nameOf(blob, claim)
    return this.fresh.has(name) || (this.known ??= this.load()).has(name)
  }

  add(blob: BlobPointer, claim: string): void {
    if (this.fresh.size < MAX_RECORDS) this.fresh.set(nameOf(blob, claim), endOf(blob))
  }

  /** Writes the new records, and frees the memory of the others. @param blobsFork the present fork of the blobs core */
  save(blobsFork: number): void {
    const { written, fresh } = this
    // Records of an earlier fork may be about blocks that have changed.
    if (written?.below === Infinity && written.count + fresh.size <= MAX_RECORDS) {
      if (fresh.size > 0) appendFileSync(this.file, records(fresh))
      written.count += fresh.size
    } else {
      const all = written && written.count + fresh.size <= MAX_RECORDS ? this.readValid(written.below) : fresh
      for (const [name, end] of fresh) all.set(name, end)
      writeFileSync(`${this.file}.new`, Buffer.concat([header(blobsFork), records(all)]), { mode: 0o600 })
      renameSync(`${this.file}.new`, this.file)
      this.written = { count: all.size, below: Infinity }
    }
    fresh.clear()
    this.known = null
  }

  private load(): Set<string> {
    return new Set(this.written ? this.readValid(this.written.below).keys() : [])
  }

  private readValid(below: number): Map<string, number> {
    const content = read(this.file)
    const valid = new Map<string, number>()
    for (let at = HEADER_BYTES; content && at + RECORD_BYTES <= content.length; at += RECORD_BYTES) {
      const end = content.readUIntBE(at + NAME_BYTES, 6)
      // guard: proof: what lies above the cut of a fork is forgotten
      if (end <= below) valid.set(content.toString('latin1', at, at + NAME_BYTES), end)
    }
    return valid
  }
}

function nameOf({ blockOffset, blockLength, byteOffset, byteLength }: BlobPointer, claim: string): string {
  const place = [blockOffset, blockLength, byteOffset, byteLength, claim].join(':')
  return hash('sha256', place, 'buffer').toString('latin1', 0, NAME_BYTES)
}

function header(fork: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES, MAGIC, 'latin1')
  bytes.writeBigUInt64BE(BigInt(fork), MAGIC.length)
  return bytes
}

function records(of: ReadonlyMap<string, number>): Buffer {
  const bytes = Buffer.alloc(of.size * RECORD_BYTES)
  let at = 0
  for (const [name, end] of of) {
    bytes.write(name, at, NAME_BYTES, 'latin1')
    bytes.writeUIntBE(end, at + NAME_BYTES, 6)
    at += RECORD_BYTES
  }
  return bytes
}

/** @returns null when there is no such file, or one of another format: all files are then read again */
function read(file: string): Buffer | null {
  try {
    const content = readFileSync(file)
    const isOurs = content.length >= HEADER_BYTES && content.toString('latin1', 0, MAGIC.length) === MAGIC
    return isOurs ? content : null
  } catch {
    return null
  }
}

function forkIn(content: Buffer): number {
  return Number(content.readBigUInt64BE(MAGIC.length))
}

function countIn(content: Buffer): number {
  return Math.floor((content.length - HEADER_BYTES) / RECORD_BYTES)
}
