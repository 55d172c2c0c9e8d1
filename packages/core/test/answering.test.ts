import Hypercore from 'hypercore'
import { expect, onTestFinished, test } from 'vitest'
import { RequestResponder } from '../src/holepunch/answering.js'
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
  const answering = new RequestResponder()
  answering.watch(author)
  return { author, reader, answering, peer, goOn }
}

test('an answer counts until it is out, also when it was taken back meanwhile', async () => {
  const { reader, answering, peer, goOn } = await connected()
  const session = reader.snapshot()
  session.get(3).catch(() => {}) // nobody waits for it
  await until(() => answering.count > 0)
  await session.close() // takes back what it asked for
  await until(() => peer.remoteRequests.size === 0)
  expect(answering.count).toBeGreaterThan(0)
  goOn()
  await until(() => answering.count === 0)
  expect(reader.peers).toHaveLength(1)
})

test('a core that moves to another fork while it answers keeps its peer, who gets what is there now', async () => {
  const { author, reader, answering, goOn } = await connected()
  const range = reader.download({ start: 0, end: 8 })
  await until(() => answering.count > 0)
  await author.truncate(0, { fork: author.fork + 5 })
  await author.append([Buffer.from('another block')])
  goOn()
  await until(() => answering.count === 0)
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
