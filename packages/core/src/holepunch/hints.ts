import type { SiteStore } from './site-store.js'

/** Short-lived messages between the connected peers of a drive. They are not stored and not forwarded. */
export interface Hints {
  send(hint: unknown): void
  close(): void
}

/** @param onHint is called with each message of a peer; the content is not verified */
export function openHints(site: SiteStore, onHint: (hint: unknown) => void): Hints {
  const extension = site.coreOf('index').registerExtension('sitedrive/preview/1', {
    // Not the `json` encoding: invalid JSON from a peer would end this process.
    encoding: 'utf-8',
    onmessage: (text) => {
      const hint = parse(text)
      if (hint !== null) onHint(hint)
    }
  })
  return { send: (hint) => extension.broadcast(JSON.stringify(hint)), close: () => extension.destroy() }
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown
  } catch {
    return null
  }
}
