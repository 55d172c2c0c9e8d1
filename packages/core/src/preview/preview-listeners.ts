import type { Shown } from './preview-contract.js'

/** Who is called back when a preview shows something new, a build begins or ends, or peers come or go. */
export class PreviewListeners {
  private readonly shown = new Set<(shown: Shown) => void>()
  private readonly building = new Set<() => void>()
  private readonly peers = new Set<() => void>()

  onShown(listener: (shown: Shown) => void): () => void {
    return add(this.shown, listener)
  }

  onBuilding(listener: () => void): () => void {
    return add(this.building, listener)
  }

  onPeers(listener: () => void): () => void {
    return add(this.peers, listener)
  }

  notifyShown(shown: Shown): void {
    for (const listener of this.shown) listener(shown)
  }

  notify(what: 'building' | 'peers'): void {
    for (const listener of this[what]) listener()
  }
}

/** @returns removes the listener */
function add<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
