import { expect, test } from 'vitest'
import { hostName } from '../../src/mirror/host.js'
import { siteDirectory, type SiteDirectoryOptions } from '../../src/mirror/site-directory.js'

const KEY = 'y'.repeat(52)
const OTHER = `${'y'.repeat(51)}o`
const HEX = '00'.repeat(32)

function directory(options: Partial<SiteDirectoryOptions> = {}) {
  const made = siteDirectory({ sites: new Set([KEY]), domain: 'sites.example', ...options })
  return (host: string) => made.resolve(hostName(host))
}

test.each([
  [`${KEY}.sites.example`, { kind: 'site', key: KEY }],
  [`${'y'.repeat(51)}b.sites.example`, { kind: 'site', key: KEY }],
  [`${OTHER}.Sites.Example.:8080`, { kind: 'site', key: OTHER }],
  [`r3-${KEY}.sites.example`, { kind: 'site', key: KEY, release: 3 }],
  [`R12-${KEY.toUpperCase()}.sites.example:443`, { kind: 'site', key: KEY, release: 12 }],
  ['localhost', { kind: 'own' }],
  ['127.0.0.1:80', { kind: 'own' }],
  [`r0-${KEY}.sites.example`, { kind: 'unknown' }],
  [`r03-${KEY}.sites.example`, { kind: 'unknown' }],
  [`r3--${KEY}.sites.example`, { kind: 'unknown' }],
  [`r9999999999-${KEY}.sites.example`, { kind: 'unknown' }],
  [`r3-x${KEY}.sites.example`, { kind: 'unknown' }],
  [`${HEX}.sites.example`, { kind: 'unknown' }],
  [`${KEY}.localhost`, { kind: 'unknown' }],
  [`x.${KEY}.sites.example`, { kind: 'unknown' }],
  ['sites.example', { kind: 'unknown' }],
  ['.sites.example', { kind: 'unknown' }],
  ['', { kind: 'unknown' }],
  ['x'.repeat(10_000), { kind: 'unknown' }]
])('%s is %o', async (host, place) => {
  expect(await directory()(host)).toEqual(place)
})

test('names that the operator gives are sites, and may change while the server runs', () => {
  const names = new Map([
    ['blog', KEY],
    ['example.org', `hyper://${HEX}/`],
    ['broken', 'nonsense']
  ])
  const resolve = directory({ names })
  expect(resolve('Blog.sites.example')).toEqual({ kind: 'site', key: KEY })
  expect(resolve('example.org')).toEqual({ kind: 'site', key: KEY })
  expect(resolve('broken.sites.example')).toEqual({ kind: 'unknown' })
  names.delete('blog')
  expect(resolve('blog.sites.example')).toEqual({ kind: 'unknown' })
  const asked = directory({ names: (name) => (name === 'a.example' ? OTHER : undefined) })
  expect(asked('a.example')).toEqual({ kind: 'site', key: OTHER })
})

test('a name can hide neither a key nor the own pages', () => {
  const resolve = directory({ names: () => OTHER })
  expect(resolve(`${KEY}.sites.example`)).toEqual({ kind: 'site', key: KEY })
  expect(resolve('localhost')).toEqual({ kind: 'own' })
})

test('a blocked key is blocked by every name and at every release', async () => {
  const resolve = directory({
    blocked: new Set([KEY]),
    sites: new Set(),
    names: new Map([['blog', KEY]]),
    dnsLinks: { keyOf: () => Promise.resolve(KEY) }
  })
  for (const host of [
    `${KEY}.sites.example`,
    `r1-${KEY}.sites.example`,
    'blog.sites.example',
    'linked.example'
  ])
    expect([host, await resolve(host)]).toEqual([host, { kind: 'blocked', key: KEY }])
})

test('a DNS record counts only for sites that are mirrored, and never below the own domain', async () => {
  const asked: string[] = []
  const dnsLinks = {
    keyOf: (host: string) => {
      asked.push(host)
      return host === 'later.example' ? Promise.resolve(KEY) : host === 'at-once.example' ? KEY : OTHER
    }
  }
  const resolve = directory({ dnsLinks })
  expect(await resolve('later.example')).toEqual({ kind: 'site', key: KEY })
  expect(resolve('at-once.example')).toEqual({ kind: 'site', key: KEY })
  expect(resolve('stranger.example')).toEqual({ kind: 'unknown' })
  expect(resolve('nobody.sites.example')).toEqual({ kind: 'unknown' })
  expect(asked).toEqual(['later.example', 'at-once.example', 'stranger.example'])
})
