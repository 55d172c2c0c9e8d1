import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { encodeKey } from '@sitedrive/core/drive'
import { describe, expect, test } from 'vitest'
import { CORE_BYTES } from '../../src/seed/quota-cost.js'
import { PinTable, type Policy } from '../../src/seed/pin-table.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { until } from '../../../mirror/test/support/until.js'

const key = () => encodeKey(randomBytes(32))
const file = () => path.join(tempDir(), 'pins.json')
const size = (byteLength: number, length = 1) => ({ byteLength, length, fork: 0, contiguousLength: 0 })
const trust = (...publishers: string[]) => new Map(publishers.map((publisher) => [publisher, null]))

function open(policy: Policy = {}, at = file()): PinTable {
  return new PinTable(at, policy)
}

/** A publisher's site, introduced and pinned. */
function pinSite(table: PinTable, publisher: string, site = key(), blobs = key()) {
  table.introduced(publisher, { site, blobs })
  const admitted = [site, blobs].map((core) => table.admits(publisher, { key: core, announce: true }))
  const [answer] = table.answersFor(publisher, site, (of) => `http://${of}/`)
  return { site, blobs, admitted, answer }
}

describe('a trusted publisher', () => {
  test('may pin, and its site is announced by the index alone and to be mirrored', () => {
    const publisher = key()
    const table = open({ trust: trust(publisher) })
    const { site, blobs, admitted, answer } = pinSite(table, publisher)
    expect(admitted).toEqual([true, true])
    expect(answer).toMatchObject({ site, state: 'kept', quotaBytes: null, mirror: `http://${site}/` })
    expect([table.isAnnounced(site), table.isAnnounced(blobs)]).toEqual([true, false])
    expect(table.sites).toEqual([site])
    expect(table.mayShow(site, blobs)).toBe(true)
  })

  test('is told that it is over quota before anything is fetched, and keeps what it has', () => {
    const publisher = key()
    const table = open({ trust: new Map([[publisher, 1_000_000]]) })
    const { site, blobs } = pinSite(table, publisher)
    expect(table.allows(site, size(1_000))).toBe(true)
    expect(table.allows(blobs, size(500_000))).toBe(true)
    const used = table.usedBytes
    expect(table.allows(blobs, size(2_000_000))).toBe(false)
    expect(table.usedBytes).toBe(used)
    expect(table.answersFor(publisher, blobs, () => null)).toMatchObject([
      { state: 'over quota', quotaBytes: 1_000_000, usedBytes: used }
    ])
    expect(table.mayShow(site, blobs)).toBe(false)
    expect(table.allows(blobs, size(400_000))).toBe(true)
    expect(table.answersFor(publisher, blobs, () => null)).toMatchObject([{ state: 'kept' }])
  })

  test('cannot pin another site when its quota is used up', () => {
    const publisher = key()
    const table = open({ trust: new Map([[publisher, 3 * CORE_BYTES]]) })
    pinSite(table, publisher)
    const { admitted, answer } = pinSite(table, publisher)
    expect(admitted).toEqual([true, false])
    expect(answer?.state).toBe('over quota')
  })

  test('pays for empty blocks, and for no more of them than a core can have', () => {
    const publisher = key()
    const table = open({ trust: new Map([[publisher, 1e9]]) })
    const { blobs } = pinSite(table, publisher)
    expect(table.allows(blobs, size(0, 1e8))).toBe(false)
    const unlimited = open({ trust: trust(publisher) })
    const pinned = pinSite(unlimited, publisher)
    expect(unlimited.allows(pinned.blobs, size(0, 1e12))).toBe(false)
    expect(unlimited.allows(pinned.blobs, size(Number.MAX_SAFE_INTEGER + 1))).toBe(false)
  })

  test('has its sites kept and shown no more once it is distrusted, and again when it is trusted', () => {
    const at = file()
    const publisher = key()
    const first = open({ trust: trust(publisher) }, at)
    const { site } = pinSite(first, publisher)
    first.flush()
    const second = open({ distrust: [publisher] }, at)
    expect([second.kept, second.sites, second.isAnnounced(site)]).toEqual([[], [], false])
    expect(open({ trust: trust(publisher) }, at).sites).toEqual([site])
  })
})

describe('all pins together', () => {
  test('stay within the total, whoever they are of', () => {
    const [one, other] = [key(), key()]
    const table = open({ trust: trust(one, other), totalBytes: 1_000_000 })
    const first = pinSite(table, one)
    const second = pinSite(table, other)
    expect(table.allows(first.blobs, size(600_000))).toBe(true)
    expect(table.allows(second.blobs, size(600_000))).toBe(false)
    expect(table.allows(second.blobs, size(60_000))).toBe(true)
  })

  test('are as they were after a restart, and so are quotas, blocks and the total', async () => {
    const at = file()
    const publisher = key()
    const table = open({ trust: new Map([[publisher, 5e6]]), totalBytes: 7e6, block: [key()] }, at)
    const { site, blobs } = pinSite(table, publisher)
    table.allows(blobs, size(100_000))
    await until('the table is written', () => readFileSync(at, 'utf8').includes(site))
    table.flush()
    const again = open({}, at)
    expect(again.use).toEqual(table.use)
    expect([again.totalBytes, again.blocked, again.sites]).toEqual([7e6, table.blocked, [site]])
    expect(statSync(at).mode & 0o777).toBe(0o600)
  })
})

describe('a stranger', () => {
  test('is refused', () => {
    const table = open()
    const { admitted, answer } = pinSite(table, key())
    expect(admitted).toEqual([false, false])
    expect(answer).toMatchObject({ state: 'refused', mirror: null })
    expect(table.kept).toEqual([])
  })

  test('is kept blindly where strangers are let in: never shown, never announced, all of them in one quota', () => {
    const table = open({ strangersBytes: 1_000_000 })
    const { site, blobs, answer } = pinSite(table, key())
    expect(answer).toMatchObject({ state: 'kept', mirror: null, quotaBytes: 1_000_000 })
    expect([table.sites, table.isAnnounced(site), table.mayShow(site, blobs)]).toEqual([[], false, false])
    expect(table.allows(blobs, size(700_000))).toBe(true)
    const other = pinSite(table, key())
    expect(table.allows(other.blobs, size(700_000))).toBe(false)
  })

  test('does not make a trusted publisher pay, nor lose, what it pins as well', () => {
    const publisher = key()
    const table = open({ trust: trust(publisher), strangersBytes: 1_000_000 })
    const { site, blobs } = pinSite(table, key())
    expect(pinSite(table, publisher, site, blobs).answer?.state).toBe('kept')
    expect(table.sites).toEqual([site])
    expect(table.use.strangers?.usedBytes).toBe(0)
  })

  test('who names a trusted site as its own changes nothing', () => {
    const publisher = key()
    const table = open({ trust: trust(publisher), strangersBytes: null })
    const { site, blobs } = pinSite(table, publisher)
    pinSite(table, key(), site, key())
    expect(table.mayShow(site, blobs)).toBe(true)
  })
})

describe("a trusted publisher who names another one's site as its own", () => {
  test('does not take it over', () => {
    const [author, liar] = [key(), key()]
    const table = open({ trust: trust(author, liar) })
    const { site, blobs } = pinSite(table, author)
    pinSite(table, liar, site, key())
    expect(table.mayShow(site, blobs)).toBe(true)
    expect(table.use.publishers.find(({ publisher }) => publisher === author)?.usedBytes).toBe(2 * CORE_BYTES)
  })

  test('does not keep it from being shown by having been first, nor when its own quota is full', () => {
    const [author, liar] = [key(), key()]
    const table = open({
      trust: new Map([
        [liar, 3 * CORE_BYTES],
        [author, null]
      ])
    })
    const [site, blobs] = [key(), key()]
    pinSite(table, liar, site, key())
    pinSite(table, liar, key(), site)
    pinSite(table, author, site, blobs)
    expect(table.allows(site, size(10_000_000))).toBe(true)
    expect(table.mayShow(site, blobs)).toBe(true)
  })

  test('cannot show its blobs under a site of its own', () => {
    const [author, liar] = [key(), key()]
    const table = open({ trust: trust(author, liar) })
    const { blobs } = pinSite(table, author)
    const own = key()
    table.introduced(liar, { site: own, blobs })
    table.admits(liar, { key: own, announce: true })
    expect(table.mayShow(own, blobs)).toBe(false)
  })
})

describe('a blocked site', () => {
  test('is neither kept, shown nor announced, and its publisher is refused', () => {
    const at = file()
    const publisher = key()
    const before = open({ trust: trust(publisher) }, at)
    const { site, blobs } = pinSite(before, publisher)
    before.flush()
    const table = open({ block: [site] }, at)
    expect([table.kept, table.sites, table.isAnnounced(site)]).toEqual([[], [], false])
    expect(table.allows(site, size(1))).toBe(false)
    expect(table.allows(blobs, size(1))).toBe(false)
    expect(pinSite(table, publisher, site, blobs)).toMatchObject({
      admitted: [false, false],
      answer: { state: 'refused' }
    })
    expect(open({ unblock: [site] }, at).sites).toEqual([site])
  })

  test('does not drag the blobs of another site along', () => {
    const [author, liar] = [key(), key()]
    const blocked = key()
    const table = open({ trust: trust(author, liar), block: [blocked] })
    const { site, blobs } = pinSite(table, author)
    pinSite(table, liar, blocked, blobs)
    expect(table.mayShow(site, blobs)).toBe(true)
    expect(table.allows(blobs, size(1))).toBe(true)
  })
})

test.each([
  ['cut short', '{"format":1,"trus'],
  ['empty', ''],
  ['of another format', '{"format":9}'],
  [
    'with a key that is none',
    '{"format":1,"totalBytes":null,"trusted":{"x":1},"blocked":[],"claims":[],"pins":[]}'
  ],
  [
    'with a quota that is none',
    `{"format":1,"totalBytes":-1,"trusted":{},"blocked":[],"claims":[],"pins":[]}`
  ]
])('a table that is %s is a named error, and is left as it is', (_, text) => {
  const at = file()
  writeFileSync(at, text)
  expect(() => open({}, at)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error)
  expect(readFileSync(at, 'utf8')).toBe(text)
})
