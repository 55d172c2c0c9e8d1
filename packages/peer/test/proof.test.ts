import { hash, randomBytes } from 'node:crypto'
import { encodeKey } from '@sitedrive/core/drive'
import { describe, expect, test } from 'vitest'
import { PinningClient, type OwnDrive } from './support/pinning-client.js'
import { request } from '../../mirror/test/support/request.js'
import { ask, runPeer, siteOf, trusting } from './support/running-peer.js'
import { until } from '../../mirror/test/support/until.js'

const sha256 = (bytes: Uint8Array | string) => hash('sha256', bytes, 'base64url')
const bytes = (text: string) => Buffer.from(text)

/** A site as its publisher's own fault may have made it: its index is signed, and points at other bytes. */
class FaultySite {
  readonly client: PinningClient
  readonly drive: OwnDrive
  private version = 0
  private release = 0

  private constructor(client: PinningClient, drive: OwnDrive) {
    this.client = client
    this.drive = drive
  }

  static async open(): Promise<FaultySite> {
    const client = await PinningClient.open()
    return new FaultySite(client, await client.drive())
  }

  get key(): string {
    return encodeKey(this.drive.key)
  }

  /** Publishes files, each with the hash of other bytes where such are given. */
  async publish(
    files: Record<string, [is: Uint8Array, signed?: Uint8Array]>,
    facts: object = {}
  ): Promise<void> {
    const core = this.drive.blobs.core
    const batch = this.drive.batch()
    for (const [path, [is, signed = is]] of Object.entries(files)) {
      const [blockOffset, byteOffset] = [core.length, core.byteLength]
      const blocks = Array.from({ length: Math.ceil(is.length / 65_536) }, (_, n) =>
        is.subarray(n * 65_536, (n + 1) * 65_536)
      )
      await core.append(blocks)
      const blob = { blockOffset, blockLength: blocks.length, byteOffset, byteLength: is.length }
      await batch.putEntry(path, { blob, metadata: { hash: sha256(signed), mtime: null } } as {
        blob: object
      })
    }
    const record = {
      release: ++this.release,
      publishedAt: new Date().toISOString(),
      generator: null,
      added: 0,
      changed: 0,
      removed: 0,
      files: 1,
      bytes: 1,
      titles: [],
      rollbackOf: null,
      previous: this.version,
      skips: Array.from({ length: Math.max(0, Math.floor(Math.log2(this.release - 1))) }, () => 0),
      ...facts
    }
    const text = bytes(`${JSON.stringify(record, null, 2)}\n`)
    const blob = {
      blockOffset: core.length,
      blockLength: 1,
      byteOffset: core.byteLength,
      byteLength: text.length
    }
    await core.append([text])
    await batch.putEntry('/.well-known/sitedrive.json', { blob, metadata: record } as { blob: object })
    await batch.flush()
    this.version = this.drive.core.length
  }
}

describe('a peer', () => {
  test('names what failed on its status page, in its metrics and to the publisher, and shows the rest', async () => {
    const site = await FaultySite.open()
    const problems: string[] = []
    const peer = await runPeer({
      ...trusting(site.client),
      onSiteProblem: (_key, problem) => problems.push(problem)
    })
    await site.publish({ '/index.html': [bytes('one')] })
    await site.client.connect(peer.key)
    site.client.pinSite(site.drive)
    await until('the release', () => siteOf(peer, site.key)?.release === 1)
    expect(site.client.lastAnswer?.problems).toBeUndefined()

    await site.publish({
      '/index.html': [bytes('two')],
      '/odd.html': [bytes('<b>x</b>'), bytes('odd')],
      '/\u001b<i>.html': [bytes('x'), bytes('y')]
    })
    await until('the refusal', () => siteOf(peer, site.key)?.state === 'damaged')
    expect(await ask(peer, site.key)).toMatchObject({ status: 200, text: 'one' })
    expect(siteOf(peer, site.key)).toMatchObject({ release: 1, damagedCount: 2 })
    expect(siteOf(peer, site.key)?.damaged[1]).toMatchObject({ path: '/odd.html', release: 2 })
    const page = await request(peer.port, 'localhost', '/')
    expect(page.text).toContain('Release 2 is here and is not shown: 2 files of it are not what was signed')
    expect(page.text).toContain('Release 1 stays on show')
    for (const raw of ['\u001b', '<i>']) expect(page.text).not.toContain(raw)
    const metrics = await request(peer.port, 'localhost', '/metrics')
    expect(metrics.text).toContain(`sitedrive_site_damaged_files{site="${site.key}"} 2\n`)
    await until('the publisher to hear', () => site.client.lastAnswer?.problems !== undefined)
    expect(site.client.lastAnswer?.problems?.[0]).toContain('`/odd.html`')
    expect(problems).toEqual(site.client.lastAnswer?.problems)

    // By its number, with what is right of it.
    const numbered = `r2-${site.key}`
    expect(await ask(peer, numbered)).toMatchObject({ status: 200, text: 'two' })
    expect(await ask(peer, numbered, '/odd')).toMatchObject({ status: 502 })

    await site.publish({ '/odd.html': [bytes('odd')], '/\u001b<i>.html': [bytes('y')] })
    await until('the third release', () => siteOf(peer, site.key)?.release === 3)
    expect(siteOf(peer, site.key)).toMatchObject({ state: 'complete', problems: [] })
    expect(await ask(peer, site.key, '/odd')).toMatchObject({ status: 200, text: 'odd' })
    await until('the publisher to hear', () => site.client.lastAnswer?.problems === undefined)
  })

  test('compares what was never complete when it sends it: small files before, large ones while they go out', async () => {
    const site = await FaultySite.open()
    const peer = await runPeer(trusting(site.client))
    const [large, other] = [randomBytes(3_000_000), randomBytes(3_000_000)]
    const missing = { blockOffset: 10_000, blockLength: 1, byteOffset: 1e9, byteLength: 5 }
    await site.drive.putEntry('/late.bin', { blob: missing })
    await site.publish({
      '/index.html': [bytes('home')],
      '/small.html': [bytes('small'), bytes('else')],
      '/large.bin': [large],
      '/wrong.bin': [large, other]
    })
    await site.client.connect(peer.key)
    site.client.pinSite(site.drive)
    await until('the page', async () => (await ask(peer, site.key)).status === 200)
    expect(siteOf(peer, site.key)).toMatchObject({ state: 'waiting' })
    expect(await ask(peer, site.key, '/small')).toMatchObject({ status: 502 })
    const whole = await ask(peer, site.key, '/large.bin')
    expect([whole.status, sha256(whole.bytes)]).toEqual([200, sha256(large)])
    await expect(ask(peer, site.key, '/wrong.bin')).rejects.toThrow(/aborted|reset|hang up/)
    expect(await ask(peer, site.key, '/wrong.bin')).toMatchObject({ status: 502 })
    expect(
      siteOf(peer, site.key)
        ?.damaged.map(({ path }) => path)
        .toSorted()
    ).toEqual(['/small.html', '/wrong.bin'])
  })

  test('says of a release that nobody holds any more that it is gone', async () => {
    const site = await FaultySite.open()
    const peer = await runPeer(trusting(site.client))
    await site.publish({ '/index.html': [bytes('one')] })
    await site.publish({ '/index.html': [bytes('two')] }, { lost: [[1, 1]] })
    await site.client.connect(peer.key)
    site.client.pinSite(site.drive)
    await until('the release', () => siteOf(peer, site.key)?.release === 2)
    const gone = await ask(peer, `r1-${site.key}`)
    expect(gone).toMatchObject({ status: 410 })
    expect(gone.headers['cache-control']).toBe('no-store')
    expect(gone.text).toContain('release 1')
    expect(await ask(peer, `r2-${site.key}`)).toMatchObject({ status: 200, text: 'two' })
    expect(await ask(peer, `r3-${site.key}`)).toMatchObject({ status: 404 })
  })
})
