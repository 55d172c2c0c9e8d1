import { randomBytes } from 'node:crypto'
import { encodeKey } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { heldBy, PinningClient, type Core } from './support/pinning-client.js'
import { request } from '../../mirror/test/support/request.js'
import { ask, runPeer, siteOf, trusting } from './support/running-peer.js'
import { until } from '../../mirror/test/support/until.js'

const LARGE = 15_000_000

/** Hypercore's own view of a peer that asks. */
interface Asking {
  /** It answers questions that had to wait, and holds back all that it writes until the last of them is answered. */
  receiverBusy: boolean
  protomux: { cork(): void; uncork(): void }
  _fulfillRequest(request: { msg: { block: { index: number } | null } }, isPushed: boolean): Promise<void>
}

test(
  'of a site of four blocks of 15 MB one at a time is asked for, and its front page comes in between',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const client = await PinningClient.open()
    const peer = await runPeer({ ...trusting(client), stallMs: 10_000 })
    const drive = await client.drive()
    for (let n = 0; n < 4; n++) {
      const { length: blockOffset, byteLength: byteOffset } = drive.blobs.core
      await drive.blobs.core.append([randomBytes(LARGE)])
      const blob = { blockOffset, byteOffset, blockLength: 1, byteLength: LARGE }
      await drive.putEntry(`/large-${n}.bin`, { blob })
    }
    await drive.put('/index.html', 'small')
    const key = encodeKey(drive.key)

    // The author's line is slow: a large block goes out when the test says so.
    const waiting: (() => void)[] = []
    let most = 0
    listenToPeers(drive.blobs.core, (asking) => {
      const answer = asking._fulfillRequest.bind(asking)
      asking._fulfillRequest = async (asked, isPushed) => {
        const isLarge = asked.msg.block !== null && asked.msg.block.index < 4
        const isHeldBack = isLarge && asking.receiverBusy
        if (isHeldBack) asking.protomux.uncork() // a slow line does not hold back what else is asked for
        if (isLarge) await new Promise<void>((resolve) => (most = Math.max(most, waiting.push(resolve))))
        if (isHeldBack) asking.protomux.cork()
        await answer(asked, isPushed)
      }
    })
    await client.connect(peer.key)
    client.pinSite(drive)
    await until('the first question', () => waiting.length > 0)
    // Before the index is here there is nothing to ask for.
    await until('the index', async () => (await ask(peer, key, '/nothing')).status === 404)
    const page = ask(peer, key)
    waiting.shift()?.()
    expect(await page).toMatchObject({ status: 200, text: 'small' })
    expect(siteOf(peer, key)?.state).not.toBe('complete')
    await until('the whole site', () => {
      waiting.shift()?.()
      return siteOf(peer, key)?.state === 'complete'
    })
    expect(most).toBe(1)
  }
)

test(
  '20,000 blocks of one byte are fetched, and other sites are served meanwhile',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const client = await PinningClient.open()
    const peer = await runPeer(trusting(client))
    const drive = await client.drive()
    await drive.blobs.core.append(Array.from({ length: 20_000 }, () => Buffer.from('x')))
    const blob = { blockOffset: 0, byteOffset: 0, blockLength: 20_000, byteLength: 20_000 }
    await drive.putEntry('/index.html', { blob })
    await client.connect(peer.key)
    client.pinSite(drive)
    const { core } = drive.blobs
    let handedOut = 0
    ;(core as Core & { on(event: 'upload', listener: () => void): void }).on('upload', () => handedOut++)
    while (heldBy(core, peer.key) < core.length) {
      const before = handedOut
      // As long as blocks are on their way it may take its time: a busy machine is slow with so many.
      await until(`more than ${before} blocks`, async () => {
        expect(await request(peer.port, 'localhost', '/health')).toMatchObject({ status: 200 })
        return handedOut > before || heldBy(core, peer.key) === core.length
      })
    }
    await until('the page', async () => (await ask(peer, encodeKey(drive.key))).text.length === 20_000)
  }
)

function listenToPeers(core: Core, listener: (peer: Asking) => void): void {
  const emitter = core as Core & { on(event: 'peer-add', listener: (peer: Asking) => void): void }
  emitter.on('peer-add', listener)
}
