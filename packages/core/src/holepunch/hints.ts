import type { SiteStore } from './site-store.js'

/** Words between the peers of a drive that are of use at the moment only. Nothing is appended, and nobody hands them on. */
export interface Hints {
  send(hint: unknown): void
  close(): void
}

/** @param onHint whatever another peer says: a claim, never a fact */
export function openHints(site: SiteStore, onHint: (hint: unknown) => void): Hints {
  const extension = site.coreOf('index').registerExtension('sitedrive/preview/1', {
    // Not its own `json`: whatever is none would end this process, and any peer may say it.
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
