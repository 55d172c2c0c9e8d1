import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { Sources } from '@sitedrive/core'

/** The events of the plugin inside Jekyll, see `hook/sitedrive_bridge.rb`. */
export type JekyllEvent =
  /** Sent once, before the first build. */
  | { event: 'site'; jekyll: string; destination: string }
  /** A build begins. The destination must not be read now. */
  | { event: 'building' }
  /**
   * A build has written every file.
   * `touched`: the paths of files whose content has changed since the build before; null: not known.
   * `sources`: the source of each page, except those that were sent before.
   */
  | { event: 'written'; touched: string[] | null; sources: Sources }
  /** A build has failed. */
  | { event: 'failed'; message: string; file?: string | null; line?: number | null; column?: number | null }
  /** The folders of the project cannot be watched. `kind`: the Ruby class of the error. */
  | { event: 'unwatched'; kind: string; message: string }
  /** A warning or an error that Jekyll printed. */
  | { event: 'said'; level: 'warn' | 'error'; topic: string; message: string }

export type FailedEvent = Extract<JekyllEvent, { event: 'failed' }>
export type LoggedEvent = Extract<JekyllEvent, { event: 'said' }>

const NAMES = ['site', 'building', 'written', 'failed', 'unwatched', 'said']

/** Calls back with each event. Other lines, such as those of another plugin, are ignored. */
export function readJekyllEvents(stream: Readable, onEvent: (event: JekyllEvent) => void): void {
  stream.on('error', () => {}) // the process has ended, which is reported elsewhere
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
