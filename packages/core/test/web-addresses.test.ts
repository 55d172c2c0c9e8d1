import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { writeFileSync } from 'node:fs'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { sitePaths, type SitePaths } from '../src/machine/data-dir.js'
import { rememberWebAddresses, webAddressOf } from '../src/project/web-addresses.js'
import { tempDir } from './support/workshop.js'

let paths: SitePaths
beforeEach(() => (paths = { ...sitePaths('/none', 'key'), webAddresses: path.join(tempDir(), 'web.json') }))

const told = (url: string | null, isHere = false) => ({ url, isHere })

test('the address in sitedrive.json goes before those that seeds told, and of these the first pinned one has the word', async () => {
  await rememberWebAddresses(
    paths,
    new Map([
      ['a', told(null)],
      ['b', told('https://b.example/')],
      ['c', told('https://c.example/')]
    ])
  )
  expect(webAddressOf({ seeds: ['a', 'c', 'b'] }, paths)).toBe('https://c.example/')
  expect(webAddressOf({ seeds: ['a'] }, paths)).toBe(null)
  expect(webAddressOf({ seeds: ['c'], mirror: 'https://me.example/' }, paths)).toBe('https://me.example/')
})

test('what a seed told is kept while it is silent, and forgotten when it says that it shows the site no more', async () => {
  await rememberWebAddresses(paths, new Map([['a', told('https://a.example/')]]))
  await rememberWebAddresses(paths, new Map())
  expect(webAddressOf({ seeds: ['a'] }, paths)).toBe('https://a.example/')
  await rememberWebAddresses(paths, new Map([['a', told(null)]]))
  expect(webAddressOf({ seeds: ['a'] }, paths)).toBe(null)
})

test('an address at localhost counts when the peer that told it runs on this machine, and no other', async () => {
  const peer = createServer((req, res) => res.end(req.url === '/status.json' ? '{"key":"here"}' : ''))
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void peer.close())
  const { port } = peer.address() as AddressInfo
  const address = `http://site.localhost:${port}/`
  await rememberWebAddresses(
    paths,
    new Map([
      ['here', told(address)],
      ['elsewhere', told(address)],
      ['gone', told('http://site.localhost:1/')]
    ])
  )
  expect(webAddressOf({ seeds: ['elsewhere'] }, paths)).toBe(null)
  expect(webAddressOf({ seeds: ['gone'] }, paths)).toBe(null)
  expect(webAddressOf({ seeds: ['here'] }, paths)).toBe(address)
})

test('a peer whose connection comes from this machine is not asked over HTTP, where it may take long to answer', async () => {
  let asked = 0
  const busy = createServer(() => void asked++) // it never answers
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    busy.closeAllConnections()
    busy.close()
  })
  const address = `http://site.localhost:${(busy.address() as AddressInfo).port}/`
  await rememberWebAddresses(paths, new Map([['here', told(address, true)]]))
  expect(webAddressOf({ seeds: ['here'] }, paths)).toBe(address)
  expect(asked).toBe(0)
})

test('a damaged file is written anew', async () => {
  writeFileSync(paths.webAddresses, '{')
  expect(webAddressOf({ seeds: ['a'] }, paths)).toBe(null)
  await rememberWebAddresses(paths, new Map([['a', told('https://a.example/')]]))
  expect(webAddressOf({ seeds: ['a'] }, paths)).toBe('https://a.example/')
})
