import type { SiteStore } from './site-store.js'

/** Words between the peers of a drive that are of use at the moment only. Nothing is appended, and nobody hands them on. */
export interface Hints {
  send(hint: unknown): void
  close(): void
}

/** @param onHint whatever another peer says: a claim, never a fact */
export function openHints(site: SiteStore, onHint: (hint: unknown) => void): Hints {
  const extension = site.coreOf('index').registerExtension('sitedrive/preview/1', {
    encoding: 'json',
    onmessage: (hint) => onHint(hint)
  })
  return { send: (hint) => extension.broadcast(hint), close: () => extension.destroy() }
}
