import DHT from 'hyperdht'
import Hypercore from 'hypercore'
import { expect, onTestFinished, test } from 'vitest'
import { decodeKey, encodeKey } from '../src/holepunch/site-key.js'
import { localDht, ownSeed } from './support/seeds.js'
import { tempDir, until } from './support/workshop.js'

interface Question {
  block: object | null
  upgrade: object | null
}

/** A core of an author who answers a question for a block when the test says so. */
async function slowAuthor() {
  const core = new Hypercore(tempDir())
  await core.ready()
  onTestFinished(() => core.close())
  await core.append(Array.from({ length: 100 }, (_, n) => Buffer.from(`block ${n}`)))
  const questions: (() => void)[] = []
  core.on('peer-add', (peer: Hypercore.Peer) => {
    const answer = peer.onrequest.bind(peer) as (question: Question) => Promise<void>
    peer.onrequest = async (question) => {
      const { block, upgrade } = question as Question
      // Without the upgrade the seed does not know which blocks there are.
      if (block && !upgrade) await new Promise<void>((resolve) => questions.push(resolve))
      await answer(question as Question)
    }
  })
  return { core, questions }
}

test('while somebody waits for a block, a seed asks for few others', async () => {
  const bootstrap = await localDht()
  const { core, questions } = await slowAuthor()
  const key = encodeKey(core.key)
  const { host } = await ownSeed(bootstrap)
  await host.keep(key)
  const visitors = [host.waitFor(key), host.waitFor(key)]
  const node = new DHT({ bootstrap })
  onTestFinished(() => node.destroy({ force: true }))
  core.replicate(node.connect(decodeKey(host.key), {}))

  let most = 0
  for (let n = 0; n < 20; n++) {
    await until(() => questions.length > 0)
    most = Math.max(most, questions.length)
    questions.shift()?.()
  }
  expect(most).toBeLessThanOrEqual(2)
  for (const end of [...visitors, ...visitors]) end()
  await until(() => {
    questions.shift()?.()
    return questions.length >= 15
  })
  await until(() => {
    for (const answer of questions.splice(0)) answer()
    return host.sizeOf(key)?.contiguousLength === 100
  })
})
