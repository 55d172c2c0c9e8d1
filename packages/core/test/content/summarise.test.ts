import { expect, test } from 'vitest'
import type { Change } from '../../src/folder/compare.js'
import { summarise } from '../../src/content/summarise.js'
import { siteOf } from '../support/site-of.js'

type Contents = Record<string, string>

/** The changes from one site to another, as `compare` gives them. */
function changesOf(before: Contents, now: Contents): Change[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()
  return paths.flatMap((path): Change[] => {
    const [old, fresh] = [before[path], now[path]]
    if (old === fresh) return []
    return [{ op: old === undefined ? 'add' : fresh === undefined ? 'remove' : 'change', path, bytes: 1 }]
  })
}

const between = (before: Contents, now: Contents, more = {}) =>
  summarise({
    before: siteOf(before),
    now: siteOf(now),
    changes: changesOf(before, now),
    sources: {},
    ...more
  })
const words = async (before: Contents, now: Contents) => (await between(before, now)).words

const page = (title: string, text = '') => `<title>${title}</title><p>${text}`

test('new pages are told by their titles, changed and removed ones by their number', async () => {
  const before = { '/a.html': page('A'), '/b.html': page('B'), '/c.html': page('C'), '/d.html': page('D') }
  const now = { '/a.html': page('A', 1 + ''), '/b.html': page('B', 1 + ''), '/c.html': page('C', 1 + '') }
  const { words, titles, pages } = await between(
    before,
    { ...now, '/posts/p2p/index.html': page('Why P2P deserves another chance') },
    { sources: { '/posts/p2p/index.html': 'src/posts/p2p.md' } }
  )
  expect(words).toBe('1 new page: “Why P2P deserves another chance”; 3 changed; 1 removed')
  expect(titles).toEqual(['A', 'B', 'C', 'Why P2P deserves another chance'])
  expect(pages.at(-1)).toEqual({
    op: 'add',
    path: '/posts/p2p/index.html',
    bytes: 1,
    url: '/posts/p2p/',
    title: 'Why P2P deserves another chance',
    source: 'src/posts/p2p.md',
    noise: null
  })
})

test.each<[string, Contents, Contents, string]>([
  ['several new pages', {}, { '/a.html': page('A'), '/b.html': page('B') }, '2 new pages: “A”, “B”'],
  [
    'more than are named',
    {},
    Object.fromEntries([1, 2, 3, 4].map((n) => [`/${n}.html`, page(`${n}`)])),
    '4 new pages'
  ],
  ['a page without a title', {}, { '/a.html': '<p>' }, '1 new page'],
  ['changed pages alone', { '/a.html': page('A') }, { '/a.html': page('A', '1') }, '1 page changed: “A”'],
  ['removed pages alone', { '/a.html': page('Old news') }, {}, '1 page removed: “Old news”'],
  [
    'files alone',
    { '/a.png': '1', '/b.jpg': '1', '/a.css': '' },
    { '/a.png': '2', '/b.jpg': '2' },
    '2 images changed; 1 style sheet removed'
  ],
  [
    'a file under another hash',
    { '/app-3f9a1c2b.css': '1' },
    { '/app-77a1c2e0.css': '2' },
    '1 style sheet changed'
  ],
  ['nothing', {}, {}, 'no changes']
])('in words: %s', async (_name, before, now, expected) => {
  expect(await words(before, now)).toBe(expected)
})

test('what a layout changes on many pages is told as one change', async () => {
  const site = (menu: string, foot: string, mine = '') =>
    Object.fromEntries(
      Array.from({ length: 26 }, (_, n) => [
        `/${n}.html`,
        `<title>Page ${n}</title><nav>${menu}</nav>\n<p>of page ${n}${n === 0 ? mine : ''}</p><footer>${foot}</footer>`
      ])
    )
  const before = site('<a href="/">Home</a>', '2025')
  const now = site('<a href="/">Home</a><a href="/new/">New</a>', '2026', ', changed')
  const told = await between(before, now)
  expect(told.words).toBe('1 page changed: “Page 0”; the same change on 25 pages')
  expect(told.alike).toEqual([told.pages.map(({ path }) => path).filter((path) => path !== '/0.html')])
  expect(await words(before, { ...now, '/0.html': before['/0.html'] ?? '' })).toBe(
    'the same change on 25 pages'
  )
  const few = Object.fromEntries(Object.entries(now).slice(0, 4))
  expect(await words(before, { ...before, ...few })).toBe('4 pages changed')
})

/** Pages whose texts are made of their numbers. */
const numbered = (count: number, text: (n: number) => string, from = 0): Contents =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/${from + n}.html`, page(`${from + n}`, text(n))])
  )

test.each([
  ['something else is taken out', (n: number) => `<i>${n}</i>`, () => '<b>new</b>'],
  ['something else is put in', () => '<i>old</i>', (n: number) => `<b>${n}</b>`],
  ['as much is taken out as is put in elsewhere', (n: number) => `<i>${n}</i>`, (n: number) => `<b>${n}</b>`],
  ['another number of the same is taken out', (n: number) => '<br>'.repeat(n + 2), () => '<br>'],
  ['another number of the same is put in', () => '<br>', (n: number) => '<br>'.repeat(n + 2)]
])('a change is not the same where %s', async (_what, old, fresh) => {
  const told = await between(numbered(6, old), numbered(6, fresh))
  expect([told.words, told.alike]).toEqual(['6 pages changed', []])
})

test('of several such changes that on most pages is told first, and two at most', async () => {
  const texts = [
    [5, 'a', 0],
    [7, 'b', 5],
    [6, 'c', 12]
  ] as const
  const site = (isNew: boolean) =>
    Object.assign({}, ...texts.map(([count, text, from]) => numbered(count, () => (isNew ? text : ''), from)))
  const told = await between(site(false), site(true))
  expect(told.words).toBe('5 pages changed; the same change on 7 pages; the same change on 6 pages')
  expect(told.alike.map(({ length }) => length)).toEqual([7, 6, 5])
})

test('pages that changed in nothing but noise are told apart', async () => {
  const pages = (at: string, text: string): Contents =>
    Object.fromEntries(
      Array.from({ length: 96 }, (_, n) => [
        `/${n}.html`,
        `${page(`${n}`)}<!-- built ${at} -->${n === 0 ? text : ''}`
      ])
    )
  expect(await words(pages('2026-11-24', ''), pages('2026-11-25', ''))).toBe(
    '96 pages changed only in a build time'
  )
  expect(await words(pages('2026-11-24', ''), pages('2026-11-25', 'x'))).toBe(
    '1 page changed: “0”; 95 changed only in a build time'
  )
  expect(
    await words(
      { '/feed.xml': '<lastBuildDate>2026-11-24</lastBuildDate>' },
      { '/feed.xml': '<lastBuildDate>2026-11-25</lastBuildDate>' }
    )
  ).toBe('1 file changed only in a build time')
})

const footers = (count: number, day: string, text = ''): Contents =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `/${n}.html`,
      `${page(`${n}`, text)}<footer>Last updated ${day}</footer>`
    ])
  )
const builtAtMs = Date.parse('25 November 2026 12:00')

test('a date that many pages share, and that is the day of the build, is a build time', async () => {
  const { pages } = await between(footers(5, '24 November 2026'), footers(5, '25 November 2026'), {
    builtAtMs
  })
  expect(pages.map(({ noise }) => noise)).toEqual(Array(5).fill('build time'))
})

test('the hour beside such a date is one as well', async () => {
  const { pages } = await between(
    footers(5, '<b>24 November 2026</b> at 10:00'),
    footers(5, '<b>25 November 2026</b> at 11:30'),
    { builtAtMs }
  )
  expect(pages.map(({ noise }) => noise)).toEqual(Array(5).fill('build time'))
})

test.each([
  ['few pages', footers(4, '24 November 2026'), footers(4, '25 November 2026')],
  ['another day than that of the build', footers(5, '24 October 2026'), footers(5, '25 October 2026')],
  ['a day that goes back', footers(5, '26 November 2026'), footers(5, '25 November 2026')],
  [
    'different days before',
    Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`/${n}.html`, `<p>${n} November 2026`])),
    Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`/${n}.html`, '<p>25 November 2026']))
  ],
  [
    'a build, beside other hours,',
    footers(6, '24 November 2026', 'Open 9:00 to 17:00'),
    footers(6, '25 November 2026', 'Open 11:00 to 15:00')
  ],
  [
    'a build, beside a day that begins at another hour,',
    footers(6, '24 November 2026', 'On 25 November 2026 at 9:00'),
    footers(6, '25 November 2026', 'On 25 November 2026 at 11:00')
  ]
])('a date of %s is somebody’s own', async (_name, before, now) => {
  const { pages } = await between(before, now, { builtAtMs })
  expect(pages.map(({ noise }) => noise)).toEqual(pages.map(() => null))
})

test('titles cannot turn, hide or end the line that they are told in', async () => {
  expect(await words({}, { '/a.html': page('a\u202Eb\u001b[31m\u200Bc\nd ”; 9 removed') })).toBe(
    '1 new page: “a b [31m c d "; 9 removed”'
  )
})

test('words are never longer than 300 characters', async () => {
  const long = await between(
    {},
    { '/a.html': page('ä'.repeat(5_000)), '/b.html': page('<'.repeat(100)), '/c.html': page('c'.repeat(100)) }
  )
  expect(long.words.length).toBeLessThanOrEqual(300)
  expect(long.words).toMatch(/^3 new pages: “ä+…”/)
  expect(long.titles.every((title) => title.length <= 80)).toBe(true)
})

test('a summary without time reads nothing, and calls changed only what cannot be noise', async () => {
  const before: Contents = { '/a.html': page('A'), '/a.png': '1', '/feed.xml': '1', '/b.html': page('B') }
  const now: Contents = { '/a.html': page('A', '2'), '/a.png': '2', '/feed.xml': '2', '/c.html': page('C') }
  const site = siteOf(now)
  let reads = 0
  const counted = { files: site.files, read: (path: string) => (reads++, site.read(path)) }
  const { pages, files, ...told } = await summarise({
    before: siteOf(before),
    now: counted,
    changes: changesOf(before, now),
    sources: {},
    budgetMs: 0
  })
  expect([reads, pages.length, files.length]).toEqual([0, 3, 2])
  expect(told).toEqual({
    alike: [],
    titles: [],
    words: '1 new page; 1 removed; 1 not looked into',
    notLookedInto: 2
  })
})

test('of very many new pages most are only counted', async () => {
  const now = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`/${n}.html`, page(`Page ${n}`)]))
  const site = siteOf(now)
  let reads = 0
  const counted = { files: site.files, read: (path: string) => (reads++, site.read(path)) }
  const { words, titles, pages } = await summarise({
    before: null,
    now: counted,
    changes: changesOf({}, now),
    sources: {},
    maxNewPages: 25
  })
  expect([reads, words, titles.length]).toEqual([25, '30 new pages', 20])
  expect(pages.filter(({ title }) => title === null)).toHaveLength(5)
})

test('files that were not looked into are told where no page changed', async () => {
  const { words } = await between(
    { '/feed.xml': '1', '/a.js': '1' },
    { '/feed.xml': '2', '/a.js': '2' },
    { budgetMs: 0 }
  )
  expect(words).toBe('2 files not looked into')
})

/** The time of a page's build, which is noise, on each of `count` pages. */
const builtPages = (count: number, at: string): Contents =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/${n}.html`, `${page(`${n}`)}<!-- built ${at} -->`])
  )

/** A site that takes more than a budget of 100 ms to read from the file with this number on. */
function slowFrom(number: number, contents: Contents): ReturnType<typeof siteOf> {
  const site = siteOf(contents)
  let reads = 0
  return {
    files: site.files,
    read(path) {
      if (++reads >= number) {
        const endsAt = performance.now() + 101
        while (performance.now() < endsAt);
      }
      return site.read(path)
    }
  }
}

test('what there was no time to look into is not called changed', async () => {
  const before = { ...builtPages(93, '2026-11-24'), '/feed.xml': '<lastBuildDate>2026-11-24</lastBuildDate>' }
  const now = { ...builtPages(93, '2026-11-25'), '/feed.xml': '<lastBuildDate>2026-11-25</lastBuildDate>' }
  const { words, notLookedInto, files } = await summarise({
    before: siteOf(before),
    now: slowFrom(11, now),
    changes: changesOf(before, now),
    sources: {},
    budgetMs: 100
  })
  expect(words).toBe('10 pages changed only in a build time; 83 pages not looked into')
  expect(notLookedInto).toBe(83)
  expect(files.map(({ noise }) => noise)).toEqual(['build time'])
})

const stub = (target: string) =>
  `<title>https://example.org${target}</title><meta http-equiv="refresh" content="0; url=${target}">`

test('pages that only lead to others are no news', async () => {
  const { words, titles, pages } = await between(
    {},
    { '/foo/index.html': stub('/posts/foo/'), '/posts/foo/index.html': page('My post') }
  )
  expect([words, titles]).toEqual(['1 new page: “My post”', ['My post']])
  expect(pages.map(({ url, title }) => [url, title])).toEqual([
    ['/foo/', null],
    ['/posts/foo/', 'My post']
  ])
})

test('where they are all that changed, they are told as what they are', async () => {
  expect(await words({ '/a.html': stub('/b') }, { '/b.html': stub('/c'), '/c.html': stub('/d') })).toBe(
    '2 redirects added; 1 redirect removed'
  )
})

test('a summary that is not wanted any more stops', async () => {
  await expect(between({}, { '/a.html': '' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED'
  })
})

test('of many changes, those come first that the words depend on: some new pages, feeds, changed pages', async () => {
  const many = (from: string, text: string): Contents =>
    Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`/${from}${n}.html`, page(`${from}${n}`, text)]))
  const before: Contents = { ...many('old', '1'), ...many('gone', ''), '/z/feed.xml': '1', '/app.js': '1' }
  const now: Contents = { ...many('new', ''), ...many('old', '2'), '/z/feed.xml': '2', '/app.js': '2' }
  const site = siteOf(now)
  const read: string[] = []
  const view = { files: site.files, read: (path: string) => (read.push(path), site.read(path)) }
  await summarise({ before: siteOf(before), now: view, changes: changesOf(before, now), sources: {} })
  const kinds = read.map((path) => path.replace(/\d+\.html$/, ''))
  expect(kinds.slice(0, 20)).toEqual(Array(20).fill('/new'))
  expect(kinds[20]).toBe('/z/feed.xml')
  expect(kinds.slice(21, 51)).toEqual(Array(30).fill('/old'))
  expect(kinds.slice(51)).toEqual(['/app.js', ...Array<string>(10).fill('/new')])
})

const sentence = (at: string): Contents => ({
  '/a.html': page('A', `This was made by hand and was built on ${at}.`)
})

test.each([
  ['a day', '24 November 2026', '25 November 2026'],
  ['a day and an hour', '24 November 2026 at 10:00', '25 November 2026 at 11:30'],
  ['another hour of that day', '25 November 2026 at 10:00:01', '25 November 2026 at 11:30:02'],
  ['ISO 8601', '2026-11-24T10:00:00Z', '2026-11-25T11:30:00Z']
])(
  'a sentence that says when it was built is noise near the time of the build: %s',
  async (_name, old, fresh) => {
    const told = await between(sentence(old), sentence(fresh), { builtAtMs })
    expect(told.words).toBe('1 page changed only in a build time')
    const later = await between(sentence(old), sentence(fresh), { builtAtMs: builtAtMs + 5 * 86_400_000 })
    expect(later.words).toBe('1 page changed: “A”')
    const back = await between(sentence(fresh), sentence(old), { builtAtMs })
    expect(back.words).toBe('1 page changed: “A”')
  }
)

test('files that are not held have no title and no noise', async () => {
  const empty = { files: new Map(), read: () => Promise.resolve(null) }
  const changes: Change[] = [
    { op: 'change', path: '/a.html', bytes: 1 },
    { op: 'remove', path: '/b.html', bytes: 1 }
  ]
  const { pages, words } = await summarise({ before: empty, now: empty, changes, sources: {} })
  expect(pages.map(({ title, noise }) => [title, noise])).toEqual([
    [null, null],
    [null, null]
  ])
  expect(words).toBe('1 page changed; 1 removed')
})
