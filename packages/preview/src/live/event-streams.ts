import type { ServerResponse } from 'node:http'
import { statusFor, type PreviewFeed } from '../feed/feed.js'

const PING_MS = 15_000
/** A browser with more unsent bytes than this is disconnected; it connects again and gets what it missed. Bytes. */
const MAX_WAITING = 1 << 20

interface Viewer {
  /** The id of the state that it shows. */
  id: string
  /** It is on this machine. */
  isHere: boolean
}

/** Sends server-sent events to the browsers that have a preview open. */
export class EventStreams {
  private readonly feed: PreviewFeed
  private readonly streams = new Map<ServerResponse, Viewer>()
  private readonly stops: (() => void)[]

  constructor(feed: PreviewFeed) {
    this.feed = feed
    const ping = setInterval(() => this.ping(), PING_MS).unref()
    this.stops = [
      feed.onUpdate(() => this.sendUpdates()),
      feed.onStatus(() => {
        for (const [res, viewer] of this.streams) this.write(res, this.statusText(viewer))
      }),
      () => clearInterval(ping)
    ]
  }

  get size(): number {
    return this.streams.size
  }

  open(res: ServerResponse, viewer: Viewer): void {
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff'
    })
    this.streams.set(res, viewer)
    res.on('close', () => this.streams.delete(res))
    this.write(res, this.statusText(viewer))
    this.sendUpdate(res, viewer)
  }

  close(): void {
    for (const stop of this.stops) stop()
    for (const res of this.streams.keys()) res.end()
    this.streams.clear()
  }

  private sendUpdates(): void {
    for (const [res, viewer] of this.streams) this.sendUpdate(res, viewer)
  }

  private sendUpdate(res: ServerResponse, viewer: Viewer): void {
    const { id } = this.feed
    if (id === null || id === viewer.id) return
    const changes = this.feed.changesSince(viewer.id)?.map(({ op, path }) => ({ op, path })) ?? null
    viewer.id = id
    this.write(res, eventText('update', { id, changes }))
  }

  private statusText(viewer: Viewer): string {
    return eventText('status', statusFor(viewer, this.feed))
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
