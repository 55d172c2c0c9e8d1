import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HtmlFacts, SiteView } from '../../src/content/content-types.js'
import { readFactsCache, writeFactsCache } from '../../src/content/facts-cache.js'
import { gatherFacts } from '../../src/content/gather-facts.js'
import { htmlFacts } from '../../src/content/html-facts.js'
import { siteOf } from '../support/site-of.js'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-facts-'))
  file = path.join(folder, 'facts.cache')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const page = (n: number) => `<title>Page ${n}</title>\n<a id="a${n}" href="/${n}#x">x</a>`
const site = (...numbers: number[]) =>
  siteOf({ ...Object.fromEntries(numbers.map((n) => [`/${n}.html`, page(n)])), '/a.png': 'x' })

const TOLD = { url: 'http://localhost:3000/', kind: 'link', line: null } as const

/** Counts which files are read. */
function counted(view: SiteView): { view: SiteView; read: string[] } {
  const read: string[] = []
  return {
    read,
    view: {
      files: view.files,
      read(name, limitBytes) {
        read.push(name)
        return view.read(name, limitBytes)
      }
    }
  }
}

async function gather(view: SiteView): Promise<{ facts: Map<string, HtmlFacts>; read: string[] }> {
  const { view: watched, read } = counted(view)
  return { facts: await gatherFacts(watched, file, undefined), read }
}

test('facts come back from the cache as they went in, every one of them', () => {
  const facts = htmlFacts(
    Buffer.from(
      '<html lang="en"><title>T</title><meta name="description" content="D"><meta http-equiv="refresh" content="0; url=/n"><base href="/b">' +
        '<link rel="canonical" href="/c">\n<a id="x" href="/a"></a><img src="/a"><form method="post" action="/f"></form>ö',
      'latin1'
    )
  )
  const known = new Map([
    ['page a', facts],
    ['page b', htmlFacts(Buffer.from(''))],
    ['page c', { ...facts, references: [TOLD, { ...TOLD, isSpelledOut: true }, TOLD] } satisfies HtmlFacts]
  ])
  writeFactsCache(file, known)
  expect(readFactsCache(file)).toEqual(known)
  expect(readdirSync(folder)).toEqual(['facts.cache'])
})

test('only what changed is read again, and what is gone is forgotten', async () => {
  const first = await gather(site(1, 2, 3))
  expect(first.read.sort()).toEqual(['/1.html', '/2.html', '/3.html'])
  const second = await gather(site(2, 3, 4))
  expect(second.read).toEqual(['/4.html'])
  expect(second.facts.get('/2.html')).toEqual(first.facts.get('/2.html'))
  expect(readFactsCache(file).size).toBe(3)
  expect((await gather(site(2, 3, 4))).read).toEqual([])
})

test('a file that is moved is not read again', async () => {
  await gather(siteOf({ '/a.html': page(1) }))
  const { facts, read } = await gather(siteOf({ '/b/index.html': page(1) }))
  expect([read, facts.get('/b/index.html')?.title]).toEqual([[], 'Page 1'])
})

test('the same bytes say something else as a style sheet', async () => {
  const text = '<a href="/x">a { background: url(y) }'
  const { facts } = await gather(siteOf({ '/a.html': text, '/a.css': text }))
  expect([...facts.values()].map(({ references }) => references.map(({ url }) => url))).toEqual([
    ['y'],
    ['/x']
  ])
})

test.each<[string, (text: string) => string]>([
  ['cut', (text) => text.slice(0, -10)],
  ['changed', (text) => text.replace('Page 1', 'Page 9')],
  ['of another format', (text) => text.replace(/facts \d+/, 'facts 0')],
  ['empty', () => ''],
  ['not ours', () => 'hello\n{}']
])('a cache that is %s is made anew', async (_name, damage) => {
  const { facts } = await gather(site(1))
  const whole = readFileSync(file, 'utf8')
  writeFileSync(file, damage(whole))
  const again = await gather(site(1))
  expect([again.read, again.facts]).toEqual([['/1.html'], facts])
  expect(readFileSync(file, 'utf8')).toBe(whole)
})

test('a cache that cannot be written fails nothing', async () => {
  const nowhere = path.join(folder, 'gone', 'facts.cache')
  expect((await gatherFacts(site(1), nowhere, undefined)).size).toBe(1)
  expect(existsSync(nowhere)).toBe(false)
})

test('a file whose bytes are not at hand has no facts, and is asked for the next time', async () => {
  const whole = site(1, 2)
  const partial = {
    files: whole.files,
    read: (name: string) => (name === '/1.html' ? Promise.resolve(null) : whole.read(name))
  }
  expect([...(await gather(partial)).facts.keys()]).toEqual(['/2.html'])
  expect((await gather(whole)).read).toEqual(['/1.html'])
})
