import type { ServerResponse } from 'node:http'

const PING_MS = 15_000
/** A browser with more unsent bytes than this is disconnected; it connects again and gets the whole state. Bytes. */
const MAX_WAITING = 4 << 20

/** Sends events to the open pages: each has an endless answer with one JSON object on each line. */
export class EventLines<Event extends object> {
  private readonly streams = new Set<ServerResponse>()
  private readonly ping = setInterval(() => this.write('\n'), PING_MS).unref()
  private readonly onCount: () => void

  /** @param onCount called when a page connects or disconnects */
  constructor(onCount: () => void) {
    this.onCount = onCount
  }

  get size(): number {
    return this.streams.size
  }

  /** @param first the events that this page gets first */
  open(res: ServerResponse, first: readonly Event[]): void {
    res.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const event of first) res.write(lineOf(event))
    this.streams.add(res)
    this.onCount()
    res.on('close', () => {
      this.streams.delete(res)
      this.onCount()
    })
  }

  send(event: Event): void {
    this.write(lineOf(event))
  }

  close(): void {
    clearInterval(this.ping)
    for (const res of this.streams) res.end()
    this.streams.clear()
  }

  private write(text: string): void {
    for (const res of this.streams) {
      res.write(text)
      if (res.writableLength > MAX_WAITING) res.destroy()
    }
  }
}

function lineOf(event: object): string {
  return `${JSON.stringify(event)}\n`
}
