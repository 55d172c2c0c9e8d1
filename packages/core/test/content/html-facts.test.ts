import { expect, test } from 'vitest'
import { htmlFacts, MAX_PAGE_BYTES, pageHead } from '../../src/content/html-facts.js'

const facts = (html: string) => htmlFacts(Buffer.from(html))
const urls = (html: string, kind: 'link' | 'asset') =>
  facts(html)
    .references.filter((reference) => reference.kind === kind)
    .map(({ url }) => url)

test('a page says its title, description, language, base, anchors and forms', () => {
  expect(
    facts(
      '<!doctype html><html lang="de"><head><title> A\n title </title><meta name="description" content="What it is">' +
        '<base href="/x/"></head><body><h1 id="top-one">Other</h1><a name="old"></a><form action="/s"></form></body></html>'
    )
  ).toEqual({
    title: 'A title',
    description: 'What it is',
    language: 'de',
    references: [],
    anchors: ['top-one', 'old'],
    base: '/x/',
    formActions: ['/s'],
    serverForms: [],
    isRedirect: false,
    problem: null
  })
})

test.each([
  ['<title>One | Blog</title><h1>One</h1>', 'One'],
  ['<title>One — Blog</title><h1>One</h1>', 'One'],
  ['<title>Onewards | Blog</title><h1>One</h1>', 'Onewards | Blog'],
  ['<title>Blog</title><h1>One</h1>', 'Blog'],
  ['<meta property="og:title" content="Shared"><h1>One</h1>', 'Shared'],
  ['<h1>One <em>more</em></h1>', 'One more'],
  ['<svg><title>Icon</title></svg>', null],
  ['<p>Nothing', null]
])('the title of %s is %s', (html, title) => {
  expect(facts(html).title).toBe(title)
})

test('links are what leads to pages, wherever it stands', () => {
  expect(
    urls(
      '<a href=" /a ">a</a><map><area href="b"></map><iframe src="/c"></iframe><link rel="next" href="/d">' +
        '<meta http-equiv="refresh" content="0; url=/e"><link rel="canonical" href="/f"><meta property="og:url" content="/g">',
      'link'
    )
  ).toEqual(['/a', 'b', '/c', '/d', '/e', '/f', '/g'])
})

test('assets are what a page needs, wherever it stands', () => {
  expect(
    urls(
      '<link rel="stylesheet" href="a.css"><link rel="icon" href="b.ico"><link rel="preload" href="c.woff2" as="font">' +
        '<style>p { background: url("d.png") } /* url(no.png) */</style><script src="e.js"></script>' +
        '<img src="f.png" srcset="g.png 1x, data:image/png;base64,AA 2x, h,1.png 3x"><video src="i.mp4" poster="j.jpg">' +
        '<source src="k.webm"><track src="l.vtt"></video><picture><source srcset="m.avif 480w, n.avif"></picture>' +
        '<object data="o.pdf"></object><p style="background:url(p.png)"></p><svg><image href="q.png"/>' +
        '<use xlink:href="r.svg#x"/></svg><noscript><img src="s.png"></noscript>' +
        '<meta property="og:image" content="https://example.org/t.png">',
      'asset'
    )
  ).toEqual(
    [
      'a.css',
      'b.ico',
      'c.woff2',
      'd.png',
      'e.js',
      'f.png',
      'g.png',
      'h,1.png',
      'i.mp4',
      'j.jpg',
      'k.webm',
      'l.vtt'
    ].concat(['m.avif', 'n.avif', 'o.pdf', 'p.png', 'q.png', 'r.svg#x', 's.png', 'https://example.org/t.png'])
  )
})

test('what leads nowhere on the web, what is within a template and what is a comment is no reference', () => {
  expect(
    facts(
      '<a href="mailto:a@b.c"></a><a href="tel:1"></a><a href="javascript:x()"></a><img src="data:,x"><a></a><a href=""></a>' +
        '<template><a href="/no"></a></template><!-- <a href="/no"> --><script>"<a href=/no>"</script><link rel="preconnect" href="/no">'
    ).references
  ).toEqual([])
})

test('a reference knows its line, and whether it is for machines alone', () => {
  expect(
    facts('<p>\n\n<a href="/a">\n<link rel="canonical" href="/b">\n<style>\n\nx{background:url(c)}</style>')
      .references
  ).toEqual([
    { url: '/a', kind: 'link', line: 3 },
    { url: '/b', kind: 'link', line: 4, isForMachines: true },
    { url: 'c', kind: 'asset', line: 7 }
  ])
})

test('forms that need a server are told from those that do not', () => {
  expect(
    facts(
      '<form method="POST" action="/send"></form>\n<form data-netlify="true"></form><form netlify></form><form action="/search"></form>'
    ).serverForms
  ).toEqual([
    { action: '/send', needs: 'post', line: 1 },
    { action: '', needs: 'netlify', line: 2 },
    { action: '', needs: 'netlify', line: 2 }
  ])
})

test.each([
  ['<meta http-equiv="Refresh" content="0;url=/new/">', true],
  ['<meta http-equiv="refresh" content="600; url=/scores/">', false],
  ['<meta http-equiv="refresh" content="30">', false],
  ['<meta name="robots" content="noindex, follow">', false]
])('whether %s leads elsewhere: %s', (html, isRedirect) => {
  expect(facts(html).isRedirect).toBe(isRedirect)
})

test('a title has an end', () => {
  expect(facts(`<title>${'a'.repeat(299)}😀${'b'.repeat(1_000_000)}</title>`).title).toBe('a'.repeat(299))
})

test('of a long page its beginning tells the title, or else all of it', () => {
  const text = 'text '.repeat(40_000)
  const head = (html: string) => pageHead(Buffer.from(html))
  expect(head(`<title>One | Blog</title><h1>One</h1>${text}`)).toMatchObject({ title: 'One' })
  expect(head(`<title>One | Blog</title>${text}<h1>One</h1>`)).toMatchObject({ title: 'One | Blog' })
  expect(head(`<style>${text}</style><title>One</title>`)).toMatchObject({ title: 'One', isRedirect: false })
})

test.each([
  ['UTF-8', Buffer.from('<title>Größe</title>'), null],
  ['UTF-8 with a mark', Buffer.from('\uFEFF<title>Größe</title>'), null],
  ['UTF-16 with a mark', Buffer.from('\uFEFF<title>Größe</title>', 'utf16le'), null],
  ['windows-1252', Buffer.from('<title>Größe</title>', 'latin1'), 'windows-1252'],
  [
    'what its meta says',
    Buffer.concat([
      Buffer.from('<meta charset="iso-8859-5"><title>'),
      Buffer.from([0xbf, 0xe0]),
      Buffer.from('</title>')
    ]),
    'iso-8859-5'
  ],
  [
    'nonsense in its meta',
    Buffer.from('<meta charset="klingon"><title>Größe</title>', 'latin1'),
    'windows-1252'
  ],
  [
    'UTF-8 by its meta, which is not true',
    Buffer.from('<meta charset="utf-8"><title>Größe</title>', 'latin1'),
    'windows-1252'
  ]
])('a page in %s is read, and said where mirrors would show it wrong', (_name, bytes, encoding) => {
  const { title, problem } = htmlFacts(bytes)
  expect(title).toBe(encoding === 'iso-8859-5' ? 'Пр' : 'Größe')
  expect(problem).toEqual(encoding === null ? null : { kind: 'encoding', detail: encoding })
})

test('a page of 50 MB is looked at up to a limit, also where that cuts a character', () => {
  const start = '<title>Long</title><a href="/a">a</a>'
  const bytes = Buffer.concat([
    Buffer.from(start + ' '.repeat(MAX_PAGE_BYTES - start.length - 1)),
    Buffer.alloc(50_000_000, 'ö')
  ])
  const { title, references, problem } = htmlFacts(bytes)
  expect([title, references.length, problem]).toEqual([
    'Long',
    1,
    { kind: 'size', detail: String(MAX_PAGE_BYTES) }
  ])
})

test.each([
  ['nested divs', '<a href="/a">a</a>' + '<div>'.repeat(100_000)],
  ['nested lists', '<a href="/a">a</a>' + '<ul><li>'.repeat(100_000)],
  [
    'formatting that nothing ends',
    '<a href="/a">a</a>' + Array.from({ length: 20_000 }, (_, n) => `<b id=${n}><p>`).join('')
  ]
])('%s neither hang nor overflow: what came before is known', (_name, html) => {
  const { references, problem } = facts(html)
  expect([references[0]?.url, problem?.kind]).toEqual(['/a', 'nesting'])
})

test.each([
  '',
  '<',
  '<!--',
  '<a href="',
  '</p></div>',
  '<table><a><tr><svg><td></math>',
  '<![CDATA[',
  '&#x110000;&',
  '\uFFFF'
])('a page that no parser likes is no problem: %j', (html) => {
  expect(facts(html).problem).toBeNull()
})

test('bytes that are no text are not taken for a page', () => {
  expect(htmlFacts(Buffer.from([0x89, 0x50, 0, 0, 1])).problem?.kind).toBe('binary')
})
