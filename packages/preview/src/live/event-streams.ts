import type { ServerResponse } from 'node:http'
import type { PreviewFeed } from '../feed/feed.js'

const PING_MS = 15_000
/** A browser with more unsent bytes than this is disconnected; it connects again and gets what it missed. Bytes. */
const MAX_WAITING = 1 << 20

/** Sends server-sent events to the browsers that have a preview open. */
export class EventStreams {
  private readonly feed: PreviewFeed
  /** Each with the id of the state that it shows. */
  private readonly streams = new Map<ServerResponse, string>()
  private readonly stops: (() => void)[]

  constructor(feed: PreviewFeed) {
    this.feed = feed
    const ping = setInterval(() => this.ping(), PING_MS).unref()
    this.stops = [
      feed.onUpdate(() => this.sendUpdates()),
      feed.onStatus(() => {
        for (const res of this.streams.keys()) this.write(res, this.statusText())
      }),
      () => clearInterval(ping)
    ]
  }

  get size(): number {
    return this.streams.size
  }

  /** @param since the id of the state that the browser shows */
  open(res: ServerResponse, since: string): void {
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff'
    })
    this.streams.set(res, since)
    res.on('close', () => this.streams.delete(res))
    this.write(res, this.statusText())
    this.sendUpdate(res, since)
  }

  close(): void {
    for (const stop of this.stops) stop()
    for (const res of this.streams.keys()) res.end()
    this.streams.clear()
  }

  private sendUpdates(): void {
    for (const [res, since] of this.streams) this.sendUpdate(res, since)
  }

  private sendUpdate(res: ServerResponse, since: string): void {
    const { id } = this.feed
    if (id === null || id === since) return
    const changes = this.feed.changesSince(since)?.map(({ op, path }) => ({ op, path })) ?? null
    this.streams.set(res, id)
    this.write(res, eventText('update', { id, changes }))
  }

  private statusText(): string {
    return eventText('status', this.feed.status)
  }

  private ping(): void {
    for (const res of this.streams.keys()) this.write(res, ': ping\n\n')
  }

  private write(res: ServerResponse, text: string): void {
    res.write(text)
    if (res.writableLength > MAX_WAITING) res.destroy()
  }
}

// JSON has no line breaks, which would end the field.
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
