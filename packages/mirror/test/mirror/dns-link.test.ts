import { expect, test } from 'vitest'
import { dnsLinks } from '../../src/mirror/dns-link.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)

/** A name server with these records, which counts the questions. */
function nameServer(records: Record<string, string[][] | Error>) {
  const asked: string[] = []
  const resolveTxt = async (name: string) => {
    asked.push(name)
    const found = records[name]
    if (found instanceof Error) throw found
    if (!found) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    return found
  }
  return { asked, resolveTxt }
}

test.each([
  [`dnslink=/hyper/${KEY}`, KEY],
  [`dnslink=/hyper/${'00'.repeat(32)}`, KEY],
  [`dnslink=hyper://${KEY}/`, KEY],
  [`hyper://${KEY.toUpperCase()}`, KEY],
  [`  hyper://${'y'.repeat(51)}b `, KEY],
  [`dnslink=/ipfs/${KEY}`, null],
  [`/hyper/${KEY}`, null],
  [`hyper://${KEY}/page`, null],
  [`x hyper://${KEY}`, null],
  [`hyper://${'l'.repeat(52)}`, null],
  ['hyper://', null]
])('the record %j names %s', async (text, key) => {
  const { resolveTxt } = nameServer({ 'example.org': [['v=spf1 -all'], [text]] })
  expect(await dnsLinks({ resolveTxt }).keyOf('example.org')).toBe(key)
})

test('a record below _dnslink goes before one at the name, and may come in pieces', async () => {
  const { resolveTxt } = nameServer({
    'example.org': [[`hyper://${'y'.repeat(51)}o`]],
    '_dnslink.example.org': [['dnslink=/hy', `per/${KEY}`]]
  })
  expect(await dnsLinks({ resolveTxt }).keyOf('example.org')).toBe(KEY)
})

test('what is known, and what is known not to be, is asked for once in its time', async () => {
  const { asked, resolveTxt } = nameServer({ '_dnslink.a.example': [[`hyper://${KEY}`]] })
  const links = dnsLinks({ resolveTxt, ttlMs: 60_000, missingTtlMs: 60_000 })
  const together = await Promise.all([
    links.keyOf('a.example'),
    links.keyOf('a.example'),
    links.keyOf('b.example')
  ])
  expect(together).toEqual([KEY, KEY, null])
  expect([links.keyOf('a.example'), links.keyOf('b.example')]).toEqual([KEY, null])
  expect(asked.toSorted()).toEqual(['_dnslink.a.example', '_dnslink.b.example', 'b.example'])
})

test('a record that changes is seen when its time is over, and is believed on while nobody answers', async () => {
  const records: Record<string, string[][] | Error> = { '_dnslink.a.example': [[`hyper://${KEY}`]] }
  const links = dnsLinks({ ...nameServer(records), ttlMs: 0, missingTtlMs: 0 })
  expect(await links.keyOf('a.example')).toBe(KEY)
  records['_dnslink.a.example'] = Object.assign(new Error('broken'), { code: 'ESERVFAIL' })
  expect(await links.keyOf('a.example')).toBe(KEY)
  delete records['_dnslink.a.example']
  expect(await links.keyOf('a.example')).toBeNull()
})

test('a name server that says nothing costs the visitor no more than the deadline', async () => {
  const links = dnsLinks({ resolveTxt: () => new Promise(() => {}), deadlineMs: 50 })
  const before = performance.now()
  expect(await links.keyOf('a.example')).toBeNull()
  expect(performance.now() - before).toBeLessThan(2_000)
})

test('only domain names are asked for, and only so many at one time', async () => {
  const asked: string[] = []
  const resolveTxt = (name: string) => {
    asked.push(name)
    return new Promise<never>(() => {})
  }
  const links = dnsLinks({ resolveTxt, maxPending: 3, deadlineMs: 300 })
  for (const host of [
    '',
    'a',
    '10.0.0.1',
    '[::1]',
    'a..b',
    '-a.b',
    'a b.c',
    'ä.example',
    `${'a.'.repeat(130)}b`
  ])
    expect([host, await links.keyOf(host)]).toEqual([host, null])
  const pending = Array.from({ length: 10 }, (_, n) => links.keyOf(`h${n}.example`))
  expect(asked).toEqual(['_dnslink.h0.example', '_dnslink.h1.example', '_dnslink.h2.example'])
  await Promise.all(pending.map(async (key) => expect(await key).toBeNull()))
})

test('no more names are remembered than it is told', async () => {
  const { asked, resolveTxt } = nameServer({})
  const links = dnsLinks({ resolveTxt, maxNames: 10 })
  for (let n = 0; n < 50; n++) await links.keyOf(`h${n}.example`)
  asked.length = 0
  await links.keyOf('h49.example')
  expect(asked).toEqual([])
  await links.keyOf('h0.example')
  await until('the second question', () => asked.length > 0)
})
