import type { Network, PeerConnection } from '@sitedrive/core/drive'
import { encodeKey } from '@sitedrive/core/drive'

type Store = Parameters<Network['serve']>[0]

/** The number of other peers that stay connected while the author is connected: one of them may not reach the author. */
const OTHERS = 3

/**
 * A network that replicates a drive with its author and a few others while the author is connected, and with all peers
 * otherwise.
 *
 * Twenty viewers that all replicate with each other have four hundred connections, and get each update later than from
 * the author.
 */
export class AuthorFirst implements Pick<Network, 'serve' | 'join'> {
  private readonly network: Network
  private readonly waiting = new Set<PeerConnection>()
  private readonly active = new Set<PeerConnection>()
  private author: string | null = null
  private store: Store | null = null

  constructor(network: Network) {
    this.network = network
  }

  join(...args: Parameters<Network['join']>): Promise<void> {
    return this.network.join(...args)
  }

  serve(store: Store): void {
    this.store = store
    this.network.serve({ replicate: (connection) => this.accept(connection) })
  }

  /** @param author public key, z-base-32 */
  setAuthor(author: string | null): void {
    if (author === null || author === this.author) return
    this.author = author
    if (this.isAuthorHere()) this.closeOthers()
  }

  private accept(connection: PeerConnection): void {
    connection.on('error', () => {}) // the close event follows
    connection.once('close', () => {
      this.waiting.delete(connection)
      this.active.delete(connection)
      this.replicateWaiting()
    })
    if (this.isAuthor(connection) || !this.isAuthorHere() || this.others().length < OTHERS)
      this.replicate(connection)
    else this.waiting.add(connection)
    if (this.isAuthor(connection)) this.closeOthers()
  }

  private replicate(connection: PeerConnection): void {
    this.active.add(connection)
    this.store?.replicate(connection)
  }

  private replicateWaiting(): void {
    for (const connection of this.waiting) {
      if (this.isAuthorHere() && this.others().length >= OTHERS) return
      this.waiting.delete(connection)
      this.replicate(connection)
    }
  }

  /** Closes the connections beyond `OTHERS`. These peers connect again, and then wait. */
  private closeOthers(): void {
    for (const connection of this.others().slice(OTHERS)) connection.destroy()
  }

  private others(): PeerConnection[] {
    return [...this.active].filter((connection) => !this.isAuthor(connection))
  }

  private isAuthorHere(): boolean {
    return [...this.active].some((connection) => this.isAuthor(connection))
  }

  private isAuthor({ remotePublicKey }: PeerConnection): boolean {
    return this.author !== null && encodeKey(remotePublicKey) === this.author
  }
}
