import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import type { PublishReport } from '@sitedrive/core/internal'
import { readReport } from './read-report.js'

const POLL_MS = 100
const PIECE_BYTES = 65_536
/** A longer line is no report, and is skipped. Bytes. */
const MAX_LINE_BYTES = 4 << 20
/** More than any build reports: the rest of a longer file is not read. Bytes. */
const MAX_FILE_BYTES = 256 << 20

/** Reads the report file of publishes in another process, while they write it. */
export class ReportTail {
  readonly file: string
  private readonly onReport: (report: PublishReport) => void
  private readonly timer: NodeJS.Timeout
  private readonly fd: number
  private at = 0
  private rest: Buffer = Buffer.alloc(0)
  private isClosed = false

  /** @param file created, or emptied when it exists */
  constructor(file: string, onReport: (report: PublishReport) => void) {
    this.file = file
    this.onReport = onReport
    writeFileSync(file, '', { mode: 0o600 })
    this.fd = openSync(file, 'r')
    this.timer = setInterval(() => this.readNew(), POLL_MS)
  }

  /** Reads what was written until now. */
  readNew(): void {
    if (this.isClosed) return
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    while (this.at < MAX_FILE_BYTES) {
      const count = readSync(this.fd, piece, 0, PIECE_BYTES, this.at)
      if (count === 0) return
      this.at += count
      this.split(piece.subarray(0, count))
    }
  }

  close(): void {
    if (this.isClosed) return
    this.readNew()
    this.isClosed = true
    clearInterval(this.timer)
    closeSync(this.fd)
    rmSync(this.file, { force: true })
  }

  private deliver(report: PublishReport): void {
    try {
      this.onReport(report)
    } catch {
      // A bad report must not end the process that has the preview.
    }
  }

  private split(bytes: Buffer): void {
    const all = Buffer.concat([this.rest, bytes])
    const end = all.lastIndexOf(0x0a) + 1
    this.rest = all.byteLength - end > MAX_LINE_BYTES ? Buffer.alloc(0) : Buffer.from(all.subarray(end))
    for (const line of all.toString('utf8', 0, end).split('\n')) {
      const report = line === '' ? null : readReport(line)
      if (report) this.deliver(report)
    }
  }
}
