import Hypercore from 'hypercore'
import { expect, onTestFinished, test } from 'vitest'
import { answersInPreparation, keepPeersAcrossForks } from '../src/holepunch/fork-workarounds.js'
import { tempDir, until } from './support/workshop.js'

/** An author's core, a reader that is connected to it in this process, and answers that wait for a word. */
async function connected() {
  const author = new Hypercore(tempDir())
  await author.append(Array.from({ length: 8 }, (_, n) => Buffer.from(`block ${n}`)))
  const reader = new Hypercore(tempDir(), author.key)
  await reader.ready()
  const ends = [author.replicate(true), reader.replicate(false)] as const
  for (const end of ends) end.on('error', () => {}) // told by what is connected
  ends[0].pipe(ends[1]).pipe(ends[0])
  onTestFinished(async () => {
    for (const end of ends) end.destroy()
    await author.close()
    await reader.close()
  })
  await until(() => [reader, author].every(({ peers }) => peers[0]?.remoteSynced === true))
  await reader.update({ wait: true }) // else its first request is for that
  const peer = author.peers[0] as Hypercore.Peer
  const answer = peer._fulfillRequest.bind(peer)
  let goOn = () => {}
  const word = new Promise<void>((resolve) => (goOn = resolve))
  peer._fulfillRequest = async (request, isPushed) => {
    await word
    return answer(request, isPushed)
  }
  keepPeersAcrossForks(author)
  return { author, reader, peer, goOn }
}

test('an answer counts until it is out, also when it was taken back meanwhile', async () => {
  const { author, reader, peer, goOn } = await connected()
  const session = reader.snapshot()
  session.get(3).catch(() => {}) // nobody waits for it
  await until(() => answersInPreparation(author) > 0)
  await session.close() // takes back what it asked for
  await until(() => peer.remoteRequests.size === 0)
  expect(answersInPreparation(author)).toBeGreaterThan(0)
  goOn()
  await until(() => answersInPreparation(author) === 0)
  expect(reader.peers).toHaveLength(1)
})

test('an answer counts once, also when its core is open more than once', async () => {
  const { author, reader, peer, goOn } = await connected()
  for (let session = 0; session < 3; session++) {
    keepPeersAcrossForks(author)
    // A session of one core that was opened later.
    const later = author.session()
    onTestFinished(() => later.close())
    await later.ready()
    keepPeersAcrossForks(later)
  }
  const got = reader.get(3, { timeout: 60_000 })
  await until(() => answersInPreparation(author) > 0)
  expect(answersInPreparation(author)).toBe(1)
  goOn()
  expect((await got)?.toString()).toBe('block 3')
  expect(peer.remoteRequests.size).toBe(0)
  await until(() => answersInPreparation(author) === 0)
})

test('a core that moves to another fork while it answers keeps its peer, who gets what is there now', async () => {
  const { author, reader, goOn } = await connected()
  const range = reader.download({ start: 0, end: 8 })
  await until(() => answersInPreparation(author) > 0)
  await author.truncate(0, { fork: author.fork + 5 })
  await author.append([Buffer.from('another block')])
  goOn()
  await until(() => answersInPreparation(author) === 0)
  range.destroy()
  await until(() => reader.fork === author.fork && reader.length === 1)
  expect((await reader.get(0, { timeout: 60_000 }))?.toString()).toBe('another block')
  expect(author.peers).toHaveLength(1)
})

test('a reader goes on asking, however often a core moved while requests were on their way', async () => {
  const { author, reader, peer, goOn } = await connected()
  goOn()
  const onWay: (() => void)[] = []
  const deliver = peer.onrequest.bind(peer)
  peer.onrequest = async (request) => void onWay.push(() => void deliver(request))
  // Hypercore gives up on a peer after 32 requests that came to nothing.
  for (let move = 1; move <= 40; move++) {
    const session = reader.snapshot()
    session.get(move % 8).catch(() => {}) // it may be gone by then
    await until(() => onWay.length > 0)
    await author.truncate(0, { fork: author.fork + 1 })
    await author.append(Array.from({ length: 8 }, (_, n) => Buffer.from(`block ${n} of ${move}`)))
    const isThere = () => reader.fork === author.fork && reader.length === author.length
    await until(() => {
      for (const arrive of onWay.splice(0)) arrive()
      return isThere()
    })
    await session.close()
  }
  peer.onrequest = deliver
  for (const arrive of onWay.splice(0)) arrive()
  expect((await reader.get(7, { timeout: 60_000 }))?.toString()).toBe('block 7 of 40')
})

test.each([1, 2, 4, 8, 16])(
  'a reader that went to a shorter fork after %i common blocks follows back to the longer one',
  async (common) => {
    const author = new Hypercore(tempDir())
    await author.ready()
    const reader = new Hypercore(tempDir(), author.key)
    keepPeersAcrossForks(reader)
    await reader.ready()
    const blocks = (name: string, count: number) =>
      Array.from({ length: count }, (_, n) => Buffer.from(`${name} ${n}`))
    const first = blocks('first', 3 * common)
    reader.download({ start: 0, end: -1 })
    // Connected only while nothing is written: else the reader sees each step of a move.
    const follow = async () => {
      const ends = [author.replicate(true), reader.replicate(false)] as const
      for (const end of ends) end.on('error', () => {}) // ends the other one
      ends[0].pipe(ends[1]).pipe(ends[0])
      await until(() => reader.fork === author.fork && reader.contiguousLength === author.length)
      for (const end of ends) end.destroy()
      await until(() => [reader, author].every(({ peers }) => peers.length === 0))
    }
    onTestFinished(async () => {
      await author.close()
      await reader.close()
    })

    await author.append(first)
    await follow()
    await author.truncate(common, { fork: 1 })
    await author.append(blocks('other', 1))
    await follow()
    await author.truncate(common, { fork: 2 })
    await author.append([...first.slice(common), ...blocks('later', 5 * common)])
    await follow()
    for (let n = 0; n < author.length; n++)
      expect((await reader.get(n))?.toString()).toBe((await author.get(n))?.toString())
  }
)
