import { hash } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { endOf, type BlobPointer } from '@sitedrive/core/drive'

/** The first half of a sha256 names a file's place and claim; the block behind its last one follows, in 6 bytes. */
const NAME_BYTES = 16
const RECORD_BYTES = NAME_BYTES + 6

/** The fork of the blobs, as a 64-bit number, after a word that says what the file is. */
const MAGIC = 'sdproof1'
const HEADER_BYTES = MAGIC.length + 8

/** More are not remembered: they are read again. 22 MB. */
const MAX_RECORDS = 1_000_000

/**
 * Remembers, in a file, which bytes of a blobs core are what a hash says, so that each is read once.
 *
 * It speaks of blocks at one fork. When the core moves to another, whatever lies below the cut is the same as before.
 */
export class ProvedFiles {
  private readonly file: string
  /** What the file speaks of, as far as that still stands; null: it has to be written anew. */
  private written: { count: number; below: number } | null
  /** What the file says, while it is needed. */
  private known: Set<string> | null = null
  /** Proved since the file was written: the block behind the last one of each. */
  private readonly fresh = new Map<string, number>()

  /** @param blobsFork of the blobs core now */
  constructor(file: string, blobsFork: number) {
    this.file = file
    const content = read(file)
    const isOfFork = content !== null && forkIn(content) === blobsFork
    this.written = isOfFork ? { count: countIn(content), below: Infinity } : null
  }

  /** How many times the core has moved. What was read while it did may be bytes of the fork before. */
  moves = 0

  /** The core has moved to another fork: all from a length on is gone. */
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

  /** Writes what is new, and lets go of what it took into memory. @param blobsFork of the blobs core now */
  save(blobsFork: number): void {
    const { written, fresh } = this
    // What was written at an earlier fork speaks of blocks that may be others now.
    if (written?.below === Infinity && written.count + fresh.size <= MAX_RECORDS) {
      if (fresh.size > 0) appendFileSync(this.file, records(fresh))
      written.count += fresh.size
    } else {
      const all = written && written.count + fresh.size <= MAX_RECORDS ? this.standing(written.below) : fresh
      for (const [name, end] of fresh) all.set(name, end)
      writeFileSync(`${this.file}.new`, Buffer.concat([header(blobsFork), records(all)]), { mode: 0o600 })
      renameSync(`${this.file}.new`, this.file)
      this.written = { count: all.size, below: Infinity }
    }
    fresh.clear()
    this.known = null
  }

  private load(): Set<string> {
    return new Set(this.written ? this.standing(this.written.below).keys() : [])
  }

  private standing(below: number): Map<string, number> {
    const content = read(this.file)
    const standing = new Map<string, number>()
    for (let at = HEADER_BYTES; content && at + RECORD_BYTES <= content.length; at += RECORD_BYTES) {
      const end = content.readUIntBE(at + NAME_BYTES, 6)
      if (end <= below) standing.set(content.toString('latin1', at, at + NAME_BYTES), end)
    }
    return standing
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

/** Null when there is none, or another file: everything is then read again. */
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
