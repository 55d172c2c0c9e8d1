import { EventEmitter } from 'node:events'
import { randomBytes } from 'node:crypto'
import { encodeKey, type Network, type PeerConnection } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { AuthorFirst } from '../../src/feed/author-first.js'

/** A connection as far as it matters here. */
class Connection extends EventEmitter {
  readonly remotePublicKey = randomBytes(32)
  isEnded = false

  destroy(): void {
    this.isEnded = true
    this.emit('close')
  }
}

/** Hands out connections as they are made. */
function network() {
  const served: Connection[] = []
  let hand = (_connection: PeerConnection): unknown => undefined
  const fake = {
    serve: (store: { replicate: typeof hand }) => void (hand = store.replicate.bind(store)),
    join: async () => {}
  }
  const first = new AuthorFirst(fake as unknown as Network)
  first.serve({ replicate: (connection) => served.push(connection as unknown as Connection) })
  const connect = (count = 1) => {
    const made = Array.from({ length: count }, () => new Connection())
    for (const connection of made) hand(connection as unknown as PeerConnection)
    return made
  }
  return { first, served, connect }
}

test('with its author connected, a viewer tells few others of updates, and never none', () => {
  const { first, served, connect } = network()
  const [author] = connect()
  first.setAuthor(encodeKey(author?.remotePublicKey ?? Buffer.alloc(32)))
  connect(20)
  expect(served).toHaveLength(4) // the author and three
})

test('with its author gone, a viewer turns to everybody who is there', () => {
  const { first, served, connect } = network()
  const [author] = connect()
  first.setAuthor(encodeKey(author?.remotePublicKey ?? Buffer.alloc(32)))
  connect(20)
  author?.destroy()
  expect(served).toHaveLength(21)
})

test('when the author comes, a viewer leaves all others but a few', () => {
  const { first, served, connect } = network()
  const others = connect(10)
  const [author] = connect()
  expect(served).toHaveLength(11)
  first.setAuthor(encodeKey(author?.remotePublicKey ?? Buffer.alloc(32)))
  expect(others.filter(({ isEnded }) => !isEnded)).toHaveLength(3)
  expect(author?.isEnded).toBe(false)
})
