import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { Sources } from '@sitedrive/core'

/** What the plugin inside Jekyll sends, see `hook/sitedrive_bridge.rb`. */
export type JekyllEvent =
  /** Once, before the first build. */
  | { event: 'site'; jekyll: string; destination: string }
  /** A build begins: the destination is not to be read. */
  | { event: 'building' }
  /**
   * A build has written every file.
   * `touched`: paths of those with other content than after the build before; null: not known.
   * `sources`: what pages were made of, as far as it was not sent before.
   */
  | { event: 'written'; touched: string[] | null; sources: Sources }
  /** A build has failed. */
  | { event: 'failed'; message: string; file?: string | null; line?: number | null; column?: number | null }
  /** The folders of the project cannot be watched. `kind`: Ruby's name of the error. */
  | { event: 'unwatched'; kind: string; message: string }
  /** A warning or an error that Jekyll printed. */
  | { event: 'said'; level: 'warn' | 'error'; topic: string; message: string }

export type FailedEvent = Extract<JekyllEvent, { event: 'failed' }>
export type LoggedEvent = Extract<JekyllEvent, { event: 'said' }>

const NAMES = ['site', 'building', 'written', 'failed', 'unwatched', 'said']

/** Reads events as they come. A line that is none, such as one that another plugin wrote, is passed over. */
export function readJekyllEvents(stream: Readable, onEvent: (event: JekyllEvent) => void): void {
  stream.on('error', () => {}) // the other end is gone, and the end of the process is reported as well
  createInterface({ input: stream }).on('line', (line) => {
    const event = parse(line)
    if (event) onEvent(event)
  })
}

function parse(line: string): JekyllEvent | null {
  try {
    const value = JSON.parse(line) as JekyllEvent | null
    return value && NAMES.includes(value.event) ? value : null
  } catch {
    return null
  }
}
