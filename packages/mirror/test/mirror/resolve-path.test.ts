import { expect, test } from 'vitest'
import { missingPage, resolvePath, visibleFiles } from '../../src/mirror/resolve-path.js'

const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 1 }

async function resolve(path: string, files: string[], links: string[] = []): Promise<string> {
  const lookUp = visibleFiles(async (name) => {
    if (!files.includes(name) && !links.includes(name)) return null
    return { path: name, seq: 1, blob: links.includes(name) ? null : blob, metadata: null }
  })
  const found = await resolvePath(path, lookUp)
  if (found.kind === 'file') return `200 ${found.entry.path}`
  if (found.kind === 'moved') return `308 ${found.path}`
  return `404 ${(await missingPage(path, lookUp))?.path ?? ''}`.trim()
}

test.each([
  ['/', '200 /index.html'],
  ['/x', '200 /x'],
  ['/page', '200 /page.html'],
  ['/both', '200 /both.html'],
  ['/both/', '200 /both/index.html'],
  ['/folder', '308 /folder/'],
  ['/folder/', '200 /folder/index.html'],
  ['/page/', '308 /page'],
  ['/older/', '200 /older/index.htm'],
  ['/older', '308 /older/'],
  ['/both-ages/', '200 /both-ages/index.html'],
  ['/page.html/', '404 /404.html'],
  ['/folder/a/b/c', '404 /folder/404.html'],
  ['/folder/a/b/', '404 /folder/404.html'],
  ['/folders', '404 /404.html'],
  ['/link', '404 /404.html'],
  ['/.well-known/sitedrive.json', '200 /.well-known/sitedrive.json'],
  ['/.well-known/sitedrive', '404 /404.html'],
  ['/.well-known/sitedrive/x', '404 /404.html'],
  ['/_redirects', '404 /404.html'],
  ['/_headers', '404 /404.html'],
  ['/folder/_headers', '200 /folder/_headers']
])('%s leads to %s', async (path, expected) => {
  const files = [
    '/index.html',
    '/404.html',
    '/x',
    '/x.html',
    '/page.html',
    '/both.html',
    '/both/index.html',
    '/folder/index.html',
    '/folder/404.html',
    '/older/index.htm',
    '/both-ages/index.htm',
    '/both-ages/index.html',
    '/.well-known/sitedrive.json',
    '/.well-known/sitedrive.html',
    '/.well-known/sitedrive/x',
    '/_redirects',
    '/_headers',
    '/folder/_headers'
  ]
  expect(await resolve(path, files, ['/link'])).toBe(expected)
})

test('nothing is found in an empty site, and the search ends soon however deep the path', async () => {
  expect(await resolve('/', [])).toBe('404')
  let lookUps = 0
  const count = async () => {
    lookUps++
    return null
  }
  await resolvePath('/x'.repeat(5_000), count)
  await missingPage('/x'.repeat(5_000), count)
  expect(lookUps).toBeLessThan(50)
  expect(await resolve('/x'.repeat(5_000), ['/404.html'])).toBe('404 /404.html')
})
