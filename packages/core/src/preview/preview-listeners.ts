import type { Shown } from './preview-contract.js'

/** The listeners of a preview: for a new state, for the begin and end of a build, and for peers. */
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
