import { describe, expect, test } from 'vitest'
import { readSiteAddress } from '../src/site-address.js'

const KEY = 'y'.repeat(51) + 'o'
const HEX = '0'.repeat(64)
const ZERO = 'y'.repeat(52)

const names = { keyOf: (host: string) => (host === 'example.org' ? KEY : null) }
const whole = { path: '/', version: null, release: null, name: null }

describe('a link leads to', () => {
  test.each([
    [`hyper://${KEY}/`, { key: KEY }],
    [`hyper://${KEY}`, { key: KEY }],
    [`  HYPER://${KEY.toUpperCase()}/  `, { key: KEY }],
    [KEY, { key: KEY }],
    [HEX, { key: ZERO }],
    [`hyper://${HEX}/a`, { key: ZERO, path: '/a' }],
    [`pear://${KEY}/app`, { key: KEY, path: '/app' }],
    [`pear://3.1234.${KEY}/`, { key: KEY, version: 1234 }],
    [`hyper://${KEY}+17/index.html`, { key: KEY, version: 17, path: '/index.html' }],
    [`hyper://${KEY}/a%20b/%C3%A9?x=1#part`, { key: KEY, path: '/a b/é' }],
    [`https://${KEY}.peer.example/posts/`, { key: KEY, path: '/posts/' }],
    [`http://r12-${KEY}.localhost:4480/`, { key: KEY, release: 12 }],
    ['hyper://example.org/about', { key: KEY, path: '/about', name: 'example.org' }],
    ['hyper://Example.ORG', { key: KEY, name: 'example.org' }],
    ['example.org', { key: KEY, name: 'example.org' }]
  ])('%s', async (link, expected) => {
    expect(await readSiteAddress(link, names)).toEqual({ ...whole, ...expected })
  })
})

describe('a link is refused, in words, when', () => {
  test.each([
    ['it is one of Dat', `dat://${HEX}/`, 'DAT_LINK', 'Dat is an older protocol'],
    [
      'a character of its key is none of a key',
      `hyper://${KEY.replace('o', 'l')}/`,
      'BAD_KEY',
      '`l` never occurs'
    ],
    ['its key is too short', `hyper://${KEY.slice(1)}/`, 'BAD_KEY', 'a key has 52 characters, this has 51'],
    ['it is empty', '', 'BAD_KEY', 'this has 0'],
    ['it is the link of a preview', `hyper://${KEY}/#${KEY}abcd`, 'BAD_LINK', 'npx sitedrive preview'],
    ['it is a web address without a key', 'https://example.org/', 'BAD_LINK', 'has no key in it'],
    ['the domain has no record', 'hyper://example.net/', 'BAD_LINK', '_dnslink.example.net'],
    ['its path is no text', `hyper://${KEY}/100%`, 'BAD_LINK', '%25']
  ])('%s', async (_, link, code, words) => {
    const error = await readSiteAddress(link, names).then(
      () => null,
      (reason: unknown) => reason as Error & { code: string }
    )
    expect(error?.code).toBe(code)
    expect(error?.message).toContain(words)
  })

  test('it is the link of a preview, and its secret is not repeated', async () => {
    const error = (await readSiteAddress(`hyper://${KEY}/#${'s'.repeat(56)}`, names).catch(
      (e: unknown) => e
    )) as Error
    expect(error.message).not.toContain('ssss')
  })
})
