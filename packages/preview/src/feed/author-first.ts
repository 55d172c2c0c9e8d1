import type { Network, PeerConnection } from '@sitedrive/core/drive'
import { encodeKey } from '@sitedrive/core/drive'

type Store = Parameters<Network['serve']>[0]

/** So many others are served even then: perhaps one of them cannot reach the author. */
const OTHERS = 3

/**
 * A network in which a drive is fetched from its author and few others while that one is connected, and from everybody when not.
 *
 * Twenty viewers that tell each other of every update have four hundred connections to do so, and each gets it later than
 * from the author.
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
    this.network.serve({ replicate: (connection) => this.take(connection) })
  }

  /** @param author public key, z-base-32 */
  learn(author: string | null): void {
    if (author === null || author === this.author) return
    this.author = author
    if (this.isAuthorHere()) this.leaveOthers()
  }

  private take(connection: PeerConnection): void {
    connection.on('error', () => {}) // told by its closing
    connection.once('close', () => {
      this.waiting.delete(connection)
      this.active.delete(connection)
      this.turnToOthers()
    })
    if (this.isAuthor(connection) || !this.isAuthorHere() || this.others().length < OTHERS)
      this.replicate(connection)
    else this.waiting.add(connection)
    if (this.isAuthor(connection)) this.leaveOthers()
  }

  private replicate(connection: PeerConnection): void {
    this.active.add(connection)
    this.store?.replicate(connection)
  }

  private turnToOthers(): void {
    for (const connection of this.waiting) {
      if (this.isAuthorHere() && this.others().length >= OTHERS) return
      this.waiting.delete(connection)
      this.replicate(connection)
    }
  }

  /** They come back, and then wait. */
  private leaveOthers(): void {
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
