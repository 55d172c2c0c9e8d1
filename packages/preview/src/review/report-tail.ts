import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import type { PublishReport } from '@sitedrive/core'
import { readReport } from './read-report.js'

const LOOK_MS = 100
const PIECE_BYTES = 65_536
/** A line of more is no report. Bytes. */
const MAX_LINE_BYTES = 4 << 20
/** More than any build tells; from there on nothing is heard. Bytes. */
const MAX_FILE_BYTES = 256 << 20

/** Reads what publishes of another process tell, while they tell it. */
export class ReportTail {
  readonly file: string
  private readonly hear: (report: PublishReport) => void
  private readonly timer: NodeJS.Timeout
  private readonly fd: number
  private at = 0
  private rest: Buffer = Buffer.alloc(0)
  private isClosed = false

  /** @param file is made anew */
  constructor(file: string, hear: (report: PublishReport) => void) {
    this.file = file
    this.hear = hear
    writeFileSync(file, '', { mode: 0o600 })
    this.fd = openSync(file, 'r')
    this.timer = setInterval(() => this.look(), LOOK_MS)
  }

  /** Hears what has been told until now. */
  look(): void {
    if (this.isClosed) return
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    while (this.at < MAX_FILE_BYTES) {
      const count = readSync(this.fd, piece, 0, PIECE_BYTES, this.at)
      if (count === 0) return
      this.at += count
      this.take(piece.subarray(0, count))
    }
  }

  close(): void {
    if (this.isClosed) return
    this.look()
    this.isClosed = true
    clearInterval(this.timer)
    closeSync(this.fd)
    rmSync(this.file, { force: true })
  }

  private tell(report: PublishReport): void {
    try {
      this.hear(report)
    } catch {
      // A report that nothing can be made of must not end the process that has the preview.
    }
  }

  private take(bytes: Buffer): void {
    const all = Buffer.concat([this.rest, bytes])
    const end = all.lastIndexOf(0x0a) + 1
    this.rest = all.byteLength - end > MAX_LINE_BYTES ? Buffer.alloc(0) : Buffer.from(all.subarray(end))
    for (const line of all.toString('utf8', 0, end).split('\n')) {
      const report = line === '' ? null : readReport(line)
      if (report) this.tell(report)
    }
  }
}
