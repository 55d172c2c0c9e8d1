import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { FollowedSite } from '../../src/copy/site-copy.js'
import { openSiteServer } from '../../src/mirror/site-server.js'
import { tempDir } from '../support/folders.js'
import { HandMadeDrive } from '../support/hand-made-drive.js'
import { later } from '../support/later.js'
import { follow } from '../support/local-network.js'
import { request, type Answer } from '../support/request.js'
import { until } from '../support/until.js'

const bytes = (text: string) => Buffer.from(text)

async function serve(site: FollowedSite): Promise<(path: string) => Promise<Answer>> {
  const server = await openSiteServer({ sites: new Map([[site.key, site]]) })
  later(() => server.close())
  return (path) => request(server.port, `${site.key}.localhost`, path)
}

describe('a release with a file that is not what its author signed', () => {
  test('does not take the place of one that is whole; the next good one does', async () => {
    const drive = await HandMadeDrive.open()
    const first = await drive.store(bytes('first'))
    await drive.sign({ '/index.html': { blob: first, as: bytes('first') } })
    const site = await follow(drive.key)
    await site.ready(8_000)
    const get = await serve(site)

    const second = await drive.store(bytes('other'))
    const bad = await drive.sign({
      '/index.html': { blob: second, as: bytes('second') },
      '/new.html': { blob: first, as: bytes('first') }
    })
    await until('the check', () => site.refused?.state.version === bad)
    expect(site.refused?.damaged).toEqual([
      { path: '/index.html', why: 'its bytes are not those that were signed' }
    ])
    expect(await get('/')).toMatchObject({ status: 200, text: 'first' })
    expect(await get('/new')).toMatchObject({ status: 404 })

    const good = await drive.sign({ '/index.html': { blob: second, as: bytes('other') } })
    await until('the third release', () => site.state?.version === good)
    expect(site.refused).toBeNull()
    expect(await get('/')).toMatchObject({ status: 200, text: 'other' })
    expect(await get('/new')).toMatchObject({ status: 200, text: 'first' })
  })

  test('keeps it off the screen at a higher fork as well, where the files before it are still there', async () => {
    const dir = tempDir()
    const drive = await HandMadeDrive.open()
    const first = await drive.store(bytes('first'))
    await drive.sign({ '/index.html': { blob: first, as: bytes('first') } })
    const site = await follow(drive.key, { dir })
    await site.ready(8_000)
    await drive.bump(7)
    const bad = await drive.sign({ '/index.html': { blob: first, as: bytes('second') } })
    await until('the check', () => site.refused?.state.version === bad)
    const get = await serve(site)
    expect(await get('/')).toMatchObject({ status: 200, text: 'first' })

    await site.close()
    const again = await follow(drive.key, { dir, network: null })
    expect(await (await serve(again))('/')).toMatchObject({ status: 200, text: 'first' })
  })

  test('is shown where there is nothing better, without that file', async () => {
    const dir = tempDir()
    const drive = await HandMadeDrive.open()
    const content = randomBytes(3_000_000)
    const other = await drive.store(bytes('other'))
    await drive.sign({
      '/index.html': { blob: await drive.store(bytes('home')), as: bytes('home') },
      '/wrong.html': { blob: other, as: bytes('wrong') },
      '/unsigned.html': { blob: other, as: bytes('other') },
      '/large.bin': { blob: await drive.store(content), as: randomBytes(9) }
    })
    await drive.point({ '/vanilla.html': other })
    const site = await follow(drive.key, { dir })
    await site.ready(8_000)
    const check = async (shown: FollowedSite) => {
      const get = await serve(shown)
      expect(shown.damaged.map(({ path }) => path)).toEqual(['/large.bin', '/wrong.html'])
      expect(await get('/')).toMatchObject({ status: 200, text: 'home' })
      expect(await get('/unsigned')).toMatchObject({ status: 200, text: 'other' })
      expect(await get('/vanilla')).toMatchObject({ status: 200, text: 'other' })
      for (const path of ['/wrong', '/wrong.html', '/large.bin']) {
        const answer = await get(path)
        expect(answer).toMatchObject({ status: 502 })
        expect(answer.headers['cache-control']).toBe('no-store')
        expect(answer.text).toContain('not what its author signed')
      }
    }
    await check(site)
    await site.close()
    await check(await follow(drive.key, { dir, network: null }))
  })

  test('is read through once, whatever its index points at', async () => {
    const drive = await HandMadeDrive.open()
    const content = randomBytes(8_000_000)
    const blob = await drive.store(content)
    // 16 GB to hash, by what the index says.
    const many = Array.from({ length: 2_000 }, (_, n) => [
      `/${n}.bin`,
      { blob: { ...blob, byteLength: blob.byteLength - n }, as: bytes(`${n}`) }
    ])
    await drive.sign({ ...Object.fromEntries(many), '/index.html': { blob, as: content } })
    const site = await follow(drive.key)
    expect(await site.ready(15_000)).toBe(true)
    expect(site.damaged.length).toBeGreaterThanOrEqual(1_990)
    expect(site.damaged.at(-1)?.why).toContain('more often')
  })
})
