import { hash } from 'node:crypto'
import { claimedHash, type DriveEntry } from '@sitedrive/core/drive'

/** What a table says of a path: its file; null: there is none; undefined: only the drive can tell. */
export type Told = DriveEntry | null | undefined

/**
 * A row begins with the first half of the path's sha256. A row of that alone says that the path is there. A longer one is followed
 * by flags, five numbers of 6 bytes, the claimed hash and the time of the file.
 */
const KEY_BYTES = 16
const FLAGS_AT = KEY_BYTES
const NUMBERS_AT = FLAGS_AT + 1
const NUMBER_BYTES = 6
const CLAIM_AT = NUMBERS_AT + 5 * NUMBER_BYTES
const CLAIM_BYTES = 32
const TIME_AT = CLAIM_AT + CLAIM_BYTES
const ROW_BYTES = TIME_AT + 8

/** Flags of a longer row. Without `IS_FILE` only the drive can tell what is at the path. */
const IS_FILE = 1
const HAS_CLAIM = 2
const HAS_TIME = 4
const IS_FINGERPRINTED = 8

/** What sitedrive writes of a file. */
interface Metadata {
  hash?: string
  mtime?: number
  fingerprinted?: true
}

const MAX_NUMBER = 2 ** 48

/** At most this many bytes of slots for each row. */
const SLOT_BYTES = 16

/**
 * The paths of one state of a drive in little memory, however long they are: about 100 bytes for each file, or 30 in a table of
 * many.
 *
 * It tells for sure that a path is not there. The files that it knows are those as sitedrive writes them; for others, and for
 * spellings that a drive would change, it sends its reader to the drive.
 */
export class PathTable {
  readonly byteLength: number
  /** @internal */
  readonly rows: Buffer
  /** @internal */
  readonly rowBytes: number
  /** Numbers of rows, from 1 on, each at the first free slot after that of its key. */
  private readonly slots: Uint32Array

  /** @internal */
  constructor(rows: Buffer, rowBytes: number) {
    const count = rows.length / rowBytes
    this.rows = rows
    this.rowBytes = rowBytes
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(count * 2 + 1)))
    this.byteLength = rows.length + this.slots.byteLength
    for (let row = 0; row < count; row++) {
      let slot = this.slotOf(rows, row * rowBytes)
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1)
      this.slots[slot] = row + 1
    }
  }

  find(path: string): Told {
    if (!isPlain(path)) return undefined
    const key = keyOf(path)
    for (
      let slot = this.slotOf(key, 0);
      this.slots[slot] !== 0;
      slot = (slot + 1) & (this.slots.length - 1)
    ) {
      const at = (this.slots[slot]! - 1) * this.rowBytes
      if (this.rows.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES) === 0) return this.read(path, at)
    }
    return null
  }

  private slotOf(bytes: Buffer, at: number): number {
    return bytes.readUInt32LE(at) & (this.slots.length - 1)
  }

  private read(path: string, at: number): Told {
    const { rows } = this
    const flags = this.rowBytes === KEY_BYTES ? 0 : rows[at + FLAGS_AT]!
    if (!(flags & IS_FILE)) return undefined
    const number = (n: number) => rows.readUIntBE(at + NUMBERS_AT + n * NUMBER_BYTES, NUMBER_BYTES)
    const metadata: Metadata = {}
    if (flags & HAS_CLAIM)
      metadata.hash = rows.toString('base64url', at + CLAIM_AT, at + CLAIM_AT + CLAIM_BYTES)
    if (flags & HAS_TIME) metadata.mtime = rows.readDoubleBE(at + TIME_AT)
    if (flags & IS_FINGERPRINTED) metadata.fingerprinted = true
    return {
      path,
      seq: number(0),
      blob: {
        blockOffset: number(1),
        blockLength: number(2),
        byteOffset: number(3),
        byteLength: number(4)
      },
      metadata: flags === IS_FILE ? null : metadata
    }
  }
}

/** Makes a table of entries. */
export class PathTableBuilder {
  private readonly limitBytes: number
  private rows = Buffer.alloc(64 * ROW_BYTES)
  private rowBytes = ROW_BYTES
  private count = 0

  /** @param limitBytes of the table */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** @returns false when the table would be larger than its limit */
  add(entry: DriveEntry): boolean {
    if (!this.makeRoom()) return false
    const at = this.count++ * this.rowBytes
    keyOf(entry.path).copy(this.rows, at)
    if (this.rowBytes === ROW_BYTES) writeFile(this.rows, at, entry)
    return true
  }

  /** Adds the rows of another table, but for those of some keys. @returns as `add` */
  addAll({ rows, rowBytes }: PathTable, except: ReadonlySet<string>): boolean {
    if (rowBytes === KEY_BYTES) this.dropFiles()
    for (let at = 0; at < rows.length; at += rowBytes) {
      if (except.has(rows.toString('latin1', at, at + KEY_BYTES))) continue
      if (!this.makeRoom()) return false
      rows.copy(this.rows, this.count++ * this.rowBytes, at, at + this.rowBytes)
    }
    return true
  }

  build(): PathTable {
    return new PathTable(Buffer.from(this.rows.subarray(0, this.count * this.rowBytes)), this.rowBytes)
  }

  private makeRoom(): boolean {
    const isOver = () => (this.count + 1) * (this.rowBytes + SLOT_BYTES) > this.limitBytes
    if (isOver()) this.dropFiles()
    if (isOver()) return false
    if ((this.count + 1) * this.rowBytes > this.rows.length)
      this.rows = Buffer.concat([this.rows, Buffer.alloc(this.rows.length)])
    return true
  }

  /** Keeps what tells that a path is there, and no more. */
  private dropFiles(): void {
    if (this.rowBytes === KEY_BYTES) return
    for (let row = 0; row < this.count; row++)
      this.rows.copyWithin(row * KEY_BYTES, row * ROW_BYTES, row * ROW_BYTES + KEY_BYTES)
    this.rowBytes = KEY_BYTES
  }
}

/** The name of a path in `PathTableBuilder.addAll`. */
export function rowName(path: string): string {
  return keyOf(path).toString('latin1', 0, KEY_BYTES)
}

function keyOf(path: string): Buffer {
  return hash('sha256', path, 'buffer').subarray(0, KEY_BYTES)
}

/** A drive resolves other spellings: empty segments, dots, backslashes. And it may hold names that are no text. */
function isPlain(path: string): boolean {
  return path.startsWith('/') && !/\/\.{0,2}(?:\/|$)|[\\\ufffd]/.test(path)
}

/** Leaves the flags at 0 for an entry that would not come out as it went in. */
function writeFile(rows: Buffer, at: number, entry: DriveEntry): void {
  const { blob, metadata } = entry
  rows.fill(0, at + FLAGS_AT, at + ROW_BYTES)
  if (!blob || 'blockMap' in blob || typeof metadata !== 'object') return
  const numbers = [entry.seq, blob.blockOffset, blob.blockLength, blob.byteOffset, blob.byteLength]
  if (!numbers.every((n) => Number.isInteger(n) && n >= 0 && n < MAX_NUMBER)) return
  const {
    hash: claim,
    mtime,
    fingerprinted = false,
    ...others
  } = (metadata ?? {}) as Partial<Record<keyof Metadata, unknown>>
  // What a later version writes there is read from the drive.
  // guard: paths: nothing of an entry is lost
  if (Object.keys(others).length > 0) return
  if (typeof fingerprinted !== 'boolean' || (mtime !== undefined && typeof mtime !== 'number')) return
  if (claimedHash(entry) !== (claim ?? null)) return
  let flags = fingerprinted ? IS_FILE | IS_FINGERPRINTED : IS_FILE
  if (typeof claim === 'string') {
    rows.write(claim, at + CLAIM_AT, CLAIM_BYTES, 'base64url')
    if (rows.toString('base64url', at + CLAIM_AT, at + CLAIM_AT + CLAIM_BYTES) !== claim) return
    flags |= HAS_CLAIM
  }
  if (typeof mtime === 'number') {
    rows.writeDoubleBE(mtime, at + TIME_AT)
    flags |= HAS_TIME
  }
  numbers.forEach((n, index) => rows.writeUIntBE(n, at + NUMBERS_AT + index * NUMBER_BYTES, NUMBER_BYTES))
  rows[at + FLAGS_AT] = flags
}
