import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkSite, type CheckInput } from '../../src/content/check-site.js'
import { leftOutFiles } from '../../src/content/left-out-files.js'
import type { Check, Finding } from '../../src/content/content-types.js'
import { walk } from '../../src/folder/walk.js'
import { siteOf } from '../support/site-of.js'

const KEY = 'y'.repeat(51) + 'o'

let project = ''
beforeEach(() => {
  project = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-check-'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

function source(name: string, text: string | Uint8Array): void {
  mkdirSync(path.dirname(path.join(project, name)), { recursive: true })
  writeFileSync(path.join(project, name), text)
}

type Contents = Record<string, string | Uint8Array>

/** The findings of a site, which has a home page without anything in it unless the test gives one. */
function check(contents: Contents, more: Partial<CheckInput> = {}): Promise<Finding[]> {
  return checkSite({
    now: siteOf({ '/index.html': '', ...contents }),
    sources: {},
    key: KEY,
    mirror: 'https://blog.example',
    projectDir: project,
    whyLeftOut: null,
    stale: [],
    changed: null,
    cacheFile: null,
    ...more
  })
}

const link = (href: string) => `<a href="${href}">x</a>`

/** Findings as `check path:line ×count value`. */
async function found(contents: Contents, more: Partial<CheckInput> = {}): Promise<string[]> {
  const findings = await check(contents, more)
  return findings.map(({ check, path, line, count, value }) =>
    `${check} ${path}:${line ?? '-'} ×${count} ${value ?? ''}`.trim()
  )
}

/** The only finding of a site, which is of a check. */
async function tells(contents: Contents, expected: Check, more: Partial<CheckInput> = {}): Promise<Finding> {
  const findings = await check(contents, more)
  expect(findings.map((finding) => finding.check)).toEqual([expected])
  const [finding] = findings
  if (!finding) throw new Error('unreachable')
  expect(finding.what).toMatch(/^[^\n]+\.$/)
  expect(finding.remedy).toMatch(/^[^\n]+[.?]$/)
  return finding
}

test('a sound site has no findings', async () => {
  expect(
    await check({
      '/index.html': `<link rel="stylesheet" href="/a.css">${['/about', '/about.html', 'about', '/posts/', '/posts', 'posts/one/?a=1#h', './#top', 'https://example.org/', '//example.org/x', 'ftp://x/', '#here', '/ü.html', '/%C3%BC', '/.well-known/sitedrive.json'].map(link).join('')}<p id="here">`,
      '/about.html': link('./posts/../about'),
      '/posts/index.html': link('one/') + link('../about') + link('one/#h'),
      '/posts/one/index.html': '<h2 id="h">x</h2>' + link('..') + '<img src="../../a.png?x">',
      '/ü.html': '',
      '/a.css': '@import "b.css"; a { background: url(a.png) }',
      '/b.css': '',
      '/a.png': ''
    })
  ).toEqual([])
})

test('a link to a page that does not exist names the page that links, its line and what was likely meant', async () => {
  const finding = await tells(
    { '/index.html': `<p>\n${link('/posts/helo-world/')}`, '/posts/hello-world/index.html': '' },
    'broken-link'
  )
  expect(finding).toEqual({
    check: 'broken-link',
    level: 'error',
    path: '/index.html',
    alsoIn: [],
    count: 1,
    source: null,
    line: 2,
    value: '/posts/helo-world/',
    what: 'The link `/posts/helo-world/` leads nowhere.',
    remedy: 'Did you mean `/posts/hello-world/`? If not, add the page or take the link out.'
  })
})

test.each([
  ['the same name elsewhere', '/old/hello/', '/2026/hello/index.html', '/2026/hello/'],
  ['another way to write a page', '/abuot', '/about.html', '/about.html'],
  ['a file of the same type', '/cat.jpg', '/images/cat.jpg', '/images/cat.jpg']
])('a suggestion is %s', async (_name, href, file, meant) => {
  const [finding] = await check({ '/index.html': link(href), [file]: '' })
  expect(finding?.remedy).toContain(`Did you mean \`${meant}\`?`)
})

test('nothing is suggested where nothing is near', async () => {
  const [finding] = await check({ '/index.html': link('/entirely-else/'), '/about.html': '', '/a.jpg': '' })
  expect(finding?.remedy).not.toContain('Did you mean')
})

test('one broken target is one finding, from however many pages', async () => {
  const pages = Object.fromEntries(
    Array.from({ length: 500 }, (_, n) => [
      `/${String(n).padStart(3, '0')}/index.html`,
      link('/gone/') + link('../gone') + link('/gone/#x')
    ])
  )
  const [finding, ...others] = await check(pages)
  // `/gone` and `/gone/` are two addresses of which either may be a file's.
  expect(others.map(({ value }) => value)).toEqual(['../gone'])
  expect(finding).toMatchObject({
    check: 'broken-link',
    path: '/000/index.html',
    count: 500,
    value: '/gone/'
  })
  expect(finding?.alsoIn).toHaveLength(20)
  expect(finding?.alsoIn[0]).toBe('/001/index.html')
})

test('a link that no browser understands is broken', async () => {
  expect(await found({ '/index.html': link('http://[') })).toEqual(['broken-link /index.html:1 ×1 http://['])
  expect(await found({ '/index.html': link('/%E0%A4%A') })).toEqual([
    'broken-link /index.html:1 ×1 /%E0%A4%A'
  ])
})

test('what a mirror hides or treats as another path does not exist', async () => {
  expect(
    await found({
      '/index.html': link('/_headers') + link('/a.html/') + link('/About'),
      '/_headers': '',
      '/a.html': '',
      '/about.html': ''
    })
  ).toEqual([
    'broken-link /index.html:1 ×1 /_headers',
    'broken-link /index.html:1 ×1 /a.html/',
    'case-mismatch /index.html:1 ×1 /About'
  ])
})

test('assets that are missing are told of, also those of style sheets and manifests', async () => {
  expect(
    await found({
      '/index.html': '<img srcset="/a.png 1x"><script src="b.js"></script><p style="background:url(c.png)">',
      '/css/site.css': '\n@import "d.css"; a { background: url(../e.png) }',
      '/site.webmanifest': '{"icons":[{"src":"/f.png"}],"start_url":"/"}',
      '/broken.webmanifest': '{'
    })
  ).toEqual([
    'missing-asset /css/site.css:2 ×1 d.css',
    'missing-asset /css/site.css:2 ×1 ../e.png',
    'missing-asset /index.html:1 ×1 /a.png',
    'missing-asset /index.html:1 ×1 b.js',
    'missing-asset /index.html:1 ×1 c.png',
    'missing-asset /site.webmanifest:- ×1 /f.png'
  ])
})

test('what we left out ourselves is told as that, with how to let it in', async () => {
  const dir = path.join(project, 'site')
  const files = [
    'node_modules/prismjs/themes/prism.css',
    'node_modules/prismjs/prism.js',
    'assets/node_modules/@expo/icons/i.js',
    '.data/list.json',
    'drafts/a.png',
    'assets/app.js',
    'index.html'
  ]
  const contents: Contents = {
    '/assets/app.js':
      'const a = "/.data/list.json", b = "./node_modules/@expo/none.js"\nimport "./node_modules/@expo/icons/i.js"; import("../drafts/a.png")',
    '/index.html':
      '<link rel="stylesheet" href="/node_modules/prismjs/themes/prism.css"><script src="/node_modules/prismjs/prism.js"></script>' +
      '<script src="/node_modules/prismjs/gone.js"></script>'
  }
  for (const file of files) source(path.join('site', file), contents[`/${file}`] ?? 'x')
  source('.sitedriveignore', 'drafts/\n')
  const { leftOut } = walk(dir, path.join(project, '.sitedriveignore'))
  const findings = await check(contents, { whyLeftOut: leftOutFiles(dir, leftOut) })
  expect(findings.map(({ path, line, value, remedy }) => [`${path}:${line}`, value, remedy])).toEqual([
    [
      '/assets/app.js:1',
      '/.data/list.json',
      'Let it in by the line `!/.data` in `.sitedriveignore`, or have the build write it elsewhere.'
    ],
    [
      '/assets/app.js:2',
      './node_modules/@expo/icons/i.js',
      'Let it in by the line `!/assets/node_modules/@expo/icons` in `.sitedriveignore`, or have the build write it elsewhere.'
    ],
    [
      '/assets/app.js:2',
      '../drafts/a.png',
      'Take it out of `.sitedriveignore`, or have the build write it elsewhere.'
    ],
    [
      '/index.html:1',
      '/node_modules/prismjs/themes/prism.css',
      'Let it in by the line `!/node_modules/prismjs` in `.sitedriveignore`, or have the build write it elsewhere.'
    ],
    ['/index.html:1', '/node_modules/prismjs/gone.js', 'Add the file, or take the reference out.']
  ])
  expect(findings[3]?.what).toBe(
    '`/node_modules/prismjs/themes/prism.css` is in the folder and is not published, as all in `node_modules` is; 1 file needs it.'
  )
})

test('many anchors that one page lacks are one finding, as where a script reads them', async () => {
  const tabs = Array.from({ length: 20 }, (_, n) => link(`/app#tab-${n}`)).join('')
  const finding = await tells({ '/index.html': tabs, '/b.html': tabs, '/app.html': '' }, 'broken-anchor')
  expect(finding).toMatchObject({ level: 'warning', count: 2, value: '/app#tab-0' })
  expect(finding.what).toBe(
    '`/app#tab-0` and 19 other links lead to ids that `/app` does not have, on 2 pages.'
  )
  expect(await found({ '/index.html': link('/app#a') + link('/app#b'), '/app.html': '' })).toHaveLength(2)
})

test('what only a dev server answers is told as that, once, and is no finding of what it wrote itself', async () => {
  const picture = (n: number) => `<img src="/.11ty/image/?src=a${n}.png&amp;width=10&amp;format=webp">`
  const pages = {
    '/a.html': picture(1) + picture(2) + '<img src="/missing.png">',
    '/b.html': `${picture(1)}<script src="/@fs/home/me/main.js"></script><img src="/_image?href=%2Fa.png&amp;w=9">`
  }
  expect(await found(pages)).toEqual([
    'missing-asset /a.html:1 ×2 /.11ty/image/?src=a1.png&width=10&format=webp',
    'missing-asset /a.html:1 ×1 /missing.png',
    'missing-asset /b.html:1 ×1 /@fs/home/me/main.js',
    'missing-asset /b.html:1 ×1 /_image?href=%2Fa.png&w=9'
  ])
  const [first] = await check(pages)
  expect(first?.what).toContain('Only the dev server of Eleventy answers')
  expect(await found(pages, { isDevBuild: true })).toEqual(['missing-asset /a.html:1 ×1 /missing.png'])
  // The kind is the address, not its beginning: a site may have files there.
  const own = { '/a.html': '<a href="/_image-gallery/">x</a><img src="/@fs/a.png">', '/@fs/a.png': '1' }
  expect(await found(own)).toEqual(['broken-link /a.html:1 ×1 /_image-gallery/'])
})

test('the relative addresses of a page for what is missing are one finding', async () => {
  const page = `<link rel="stylesheet" href="a.css"><script src="./b.js"></script>${link('about')}`
  const site = { '/404.html': page, '/a.css': '', '/b.js': '', '/about.html': '' }
  const finding = await tells(site, 'missing-asset')
  expect(finding.what).toBe(
    'The page for what is missing is shown at any address, and `a.css` and 2 others lead elsewhere from each.'
  )
})

test('a `%` that begins no byte is one of the name, as mirrors read it', async () => {
  const links = link('/100%/') + link('/100%25/')
  expect(await found({ '/index.html': links, '/100%/index.html': '' })).toEqual([])
  const finding = await tells({ '/index.html': link('/99%/'), '/100%/index.html': '' }, 'broken-link')
  expect(finding.what).toContain('`/99%/`')
})

test('`index.htm` is the page of a folder', async () => {
  const links = link('/old/') + link('/old')
  expect(await found({ '/index.html': links, '/old/index.htm': '' })).toEqual([])
})

test('a style sheet’s `url(var(--x))` is no address', async () => {
  expect(
    await found({ '/a.css': 'a { background: url(var(--x)) } b { background: url( env(--y) ) }' })
  ).toEqual([])
})

test('the page that links is not what was meant', async () => {
  const [finding] = await check({ '/posts/one/index.html': link('/one/'), '/posts/onn/index.html': '' })
  expect(finding?.remedy).toContain('Did you mean `/posts/onn/`?')
  const [alone] = await check({ '/posts/one/index.html': link('/one/') })
  expect(alone?.remedy).not.toContain('Did you mean')
})

test.each([
  '<content>&lt;pre&gt;&amp;lt;a href="http://localhost/"&amp;gt;&lt;/pre&gt;</content>',
  '<content>&lt;code&gt;url="http://localhost/"&lt;/code&gt;</content>',
  '<content><![CDATA[<code>&lt;a href="http://localhost/"&gt;x&lt;/a&gt;</code>]]></content>',
  '<content><![CDATA[src="http://localhost/"]]></content>'
])('an address that a feed quotes is no link: %s', async (feed) => {
  expect(await found({ '/feed.xml': `<feed>${feed}</feed>` })).toEqual([])
})

test.each([
  '<content><![CDATA[<a title="x" href="http://localhost/">y</a>]]></content>',
  '<content>&lt;a href=&quot;http://localhost/&quot;&gt;</content>',
  '<link rel="self" href="http://localhost/"/>'
])('an address that a feed leads to is one: %s', async (feed) => {
  expect(await found({ '/feed.xml': `<feed>${feed}</feed>` })).toHaveLength(1)
})

test.each([
  ['/docs/guide.html', 'docs/guide.md'],
  ['/guide/index.html', 'src/guide.md'],
  ['/2026/03/01/one.html', '_posts/2026-03-01-one.md'],
  ['/index.html', 'README.md']
])('of %s that no generator tells the source of, the place is found in %s', async (page, file) => {
  source(file, '# Title\n\nx [y](/gone-too)\n\n[x](/gone.md#part)\n')
  const [finding] = await check({ [page]: link('/gone.html#part') })
  expect([finding?.source, finding?.line]).toEqual([file, 5])
  const [other] = await check({ [page]: link('/gone-to') })
  expect([other?.source, other?.line]).toEqual([null, 1])
})

test('a `<base>` is what references are resolved against', async () => {
  expect(
    await found({
      '/a/index.html': '<base href="/b/">' + link('c') + link('#x'),
      '/b/c.html': '',
      '/b/index.html': '<p id="x">'
    })
  ).toEqual([])
  expect(await found({ '/a/index.html': '<base href="/b/">' + link('c'), '/a/c.html': '' })).toEqual([
    'broken-link /a/index.html:1 ×1 c'
  ])
  expect(await found({ '/index.html': '<base href="https://example.org/">' + link('c') })).toEqual([])
})

test('an anchor that does not exist is a warning, with the id that was likely meant', async () => {
  const finding = await tells({ '/index.html': link('/a#Two'), '/a.html': '<h2 id="two">' }, 'broken-anchor')
  expect(finding).toMatchObject({ level: 'warning', value: '/a#Two', remedy: 'Did you mean `#two`?' })
  await tells({ '/index.html': link('#nowhere') }, 'broken-anchor')
})

test.each(['#', '#top', '#/route', '#!/route', '#:~:text=x', '#%C3%BC', '/a.pdf#page=2', '/a.svg#x'])(
  'the anchor of %s is none that can be missing',
  async (href) => {
    expect(await found({ '/index.html': `<p id="ü">${link(href)}`, '/a.pdf': '', '/a.svg': '' })).toEqual([])
  }
)

test.each(['#caf%C3%A9', '/caf.html#caf%C3%A9'])(
  'the anchor of %s leads to an id that is written so',
  async (href) => {
    const page = `<p id="caf%C3%A9">${link(href)}`
    expect(await found({ '/index.html': page, '/caf.html': page })).toEqual([])
  }
)

test.each([
  ['http://localhost:3000', 'http://localhost:3000'],
  ['http://localhost:3000/', '<code>localhost:3000</code>'],
  ['http://127.0.0.1:8080/a?b=1', 'http://127.0.0.1:8080/a?b=1']
])('a page that tells its readers to open %s is right', async (href, text) => {
  const shown = `<a href="${href}">${text}</a>`
  const escaped = shown.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  expect(
    await found({
      '/index.html': shown,
      '/feed.xml': `<feed><content>${escaped}</content><content><![CDATA[${shown}]]></content></feed>`
    })
  ).toEqual([])
  // Elsewhere it still is a mistake.
  expect((await found({ '/index.html': shown + link(href), '/a.html': `<img src="${href}">` })).length).toBe(
    1
  )
})

test.each([
  'http://localhost:8080/a',
  'https://127.0.0.1/',
  'http://127.1.2.3:4000/',
  'http://0.0.0.0:1/',
  'http://[::1]:3000/x',
  'http://my.localhost/',
  '//localhost/x'
])('a link to %s leads to the reader’s own machine', async (href) => {
  const finding = await tells({ '/index.html': link(href) }, 'localhost-link')
  expect(finding.level).toBe('error')
})

const IN_PRIVATE_NETWORKS = [
  'http://192.168.1.20:5173/a',
  'http://10.0.0.7/',
  'http://172.16.0.1:4000/',
  'http://172.31.255.1/',
  'http://169.254.10.1/',
  'http://[fe80::1]:3000/',
  'http://[fd12:3456::7]/',
  'http://printer.local/',
  'http://build.ci.internal:8080/x'
]

test.each(IN_PRIVATE_NETWORKS)('a link to %s leads where readers elsewhere are not', async (href) => {
  const finding = await tells({ '/index.html': link(href) }, 'localhost-link')
  expect(finding.level).toBe('warning')
  expect(await found({ '/feed.xml': `<feed>\n<id>${href}</id></feed>` })).toEqual([
    `localhost-link /feed.xml:2 ×1 ${href}`
  ])
})

test('an address in a private network is no link where it is a word', async () => {
  const words = IN_PRIVATE_NETWORKS.join(' ')
  expect(
    await found({
      '/index.html': `<p>Open ${words} <code>http://192.168.1.1/</code><pre>href="http://10.0.0.1/"</pre>`,
      '/feed.xml': `<content>&lt;code&gt;${words}&lt;/code&gt;</content>`
    })
  ).toEqual([])
})

test.each([
  'https://localhost.example/',
  'https://notlocalhost/',
  'http://128.0.0.1/',
  'http://172.15.0.1/',
  'http://172.32.0.1/',
  'http://192.169.0.1/',
  'http://100.10.0.1/',
  'http://10.example.org/',
  'https://local/',
  'https://notlocal.example/',
  'https://local.example/',
  'https://fd12.example/',
  'https://example.org/?u=http://localhost/'
])('a link to %s does not', async (href) => {
  expect(await found({ '/index.html': link(href) })).toEqual([])
})

test('addresses of the dev server are told of in feeds and for machines too, once for each server', async () => {
  expect(
    await found({
      '/feed.xml':
        '<feed>\n<id>http://localhost:4000/</id><link href="http://localhost:4000/feed.xml"/><content>&lt;a href=&quot;http://localhost:4000/a&quot;</content></feed>',
      '/index.html': '<link rel="canonical" href="http://localhost:4000/">'
    })
  ).toEqual(['localhost-link /feed.xml:2 ×2 http://localhost:4000/'])
})

test('what a feed says about such addresses in its text is no link', async () => {
  expect(
    await found({ '/feed.xml': '<content>&lt;code&gt;http://localhost:4000/&lt;/code&gt;</content>' })
  ).toEqual([])
})

test.each([
  `https://blog.example/a`,
  `hyper://${KEY}/a`,
  `https://${KEY}.mirror.example/a`,
  `https://r3-${KEY}.mirror.example/a`
])('a link by the site’s own address %s leaves it', async (href) => {
  const finding = await tells({ '/index.html': link(href), '/a.html': '' }, 'own-address-link')
  expect(finding).toMatchObject({ level: 'warning', remedy: 'Write it as a path: `/a`.' })
})

test('the address of the own drive may be shown, and is not the way to its pages', async () => {
  const own = `hyper://${KEY}`
  expect(await found({ '/index.html': link(`${own}/`) })).toEqual([])
  expect(await found({ '/index.html': link(`${own}/a`), '/a.html': '' })).toEqual([
    `own-address-link /index.html:1 ×1 ${own}/a`
  ])
})

test('an own address is right for machines, and wrong where it leads nowhere', async () => {
  expect(
    await found({
      '/index.html':
        '<link rel="canonical" href="https://blog.example/">' +
        '<meta property="og:image" content="https://blog.example/a.png">',
      '/a.png': ''
    })
  ).toEqual([])
  expect(
    await found({ '/index.html': '<meta property="og:image" content="https://blog.example/a.png">' })
  ).toEqual(['missing-asset /index.html:1 ×1 https://blog.example/a.png'])
  expect(
    await found({ '/index.html': link(`hyper://${'z'.repeat(52)}/`) + link('https://other.example/') })
  ).toEqual([])
})

test('a base url that cannot work at a root is one finding, not hundreds', async () => {
  const nav =
    ['/blog/', '/blog/about/', '/blog/posts/1/', '/blog/css/site.css'].map(link).join('') +
    '<link rel="stylesheet" href="/blog/css/site.css">'
  const site: Contents = {
    '/index.html': nav,
    '/about/index.html': nav + link('/blog/gone/'),
    '/css/site.css': '',
    '/posts/1/index.html': nav
  }
  expect(await found(site)).toEqual([
    'base-url /about/index.html:1 ×3 /blog',
    'broken-link /about/index.html:1 ×1 /blog/gone/'
  ])
  // The folder exists, so it is no base.
  expect((await found({ ...site, '/blog/index.html': '' })).some((line) => line.startsWith('base-url'))).toBe(
    false
  )
})

test('a base url of several folders is named whole', async () => {
  expect(
    await found({
      '/index.html': ['/me/site/', '/me/site/a', '/me/site/b'].map(link).join(''),
      '/a.html': '',
      '/b.html': ''
    })
  ).toEqual(['base-url /index.html:1 ×1 /me/site'])
})

test('a language that has not been translated is no base url', async () => {
  const page = (here: string) =>
    '<link rel="stylesheet" href="/site.css"><a href="/">Home</a><a href="/about/">About</a>' +
    link(`/de${here}`)
  const findings = await found({
    '/index.html': page('/'),
    '/about/index.html': page('/about/'),
    '/contact/index.html': page('/contact/'),
    '/site.css': ''
  })
  expect(findings.filter((line) => line.startsWith('base-url'))).toEqual([])
  expect(findings).toContain('broken-link /about/index.html:1 ×1 /de/about/')
})

test('few pages that moved are no base url', async () => {
  expect(
    await found({ '/index.html': link('/old/a') + link('/old/b'), '/a.html': '', '/b.html': '' })
  ).toEqual(['broken-link /index.html:1 ×1 /old/a', 'broken-link /index.html:1 ×1 /old/b'])
})

test('a path that differs in capitals alone is told as that', async () => {
  const finding = await tells(
    { '/index.html': link('/About/') + '<img src="/Img/a.PNG">', '/about/index.html': '', '/Img/a.PNG': '' },
    'case-mismatch'
  )
  expect(finding).toMatchObject({
    level: 'error',
    value: '/About/',
    remedy: 'Write `/about/`, or rename the file.'
  })
})

test('a page is found in either Unicode form of its name', async () => {
  expect(
    await found({
      '/index.html': link('/caf\u00e9') + link('/e\u0301te\u0301/'),
      '/cafe\u0301.html': '',
      '/\u00e9t\u00e9/index.html': ''
    })
  ).toEqual([])
})

test('a page is found with a slash after its name too', async () => {
  expect(await found({ '/index.html': link('/about/'), '/about.html': '' })).toEqual([])
})

test('what `_redirects` answers for exists', async () => {
  const rules = '# old\n/old /about 301\n/news/* /posts/:splat\n/u/:name/x /about.html 200\n/gone / 404\n'
  expect(
    await found({
      '/index.html': ['/old', '/news/1', '/news/', '/news', '/u/me/x'].map(link).join(''),
      '/about.html': '',
      '/_redirects': rules
    })
  ).toEqual([])
  expect(
    await found({
      '/index.html': ['/older', '/u/x', '/gone'].map(link).join(''),
      '/about.html': '',
      '/_redirects': rules
    })
  ).toEqual([
    'broken-link /index.html:1 ×1 /older',
    'broken-link /index.html:1 ×1 /u/x',
    'broken-link /index.html:1 ×1 /gone'
  ])
  // As in a mirror, the first rule that matches counts.
  expect(
    await found({ '/index.html': link('/gone'), '/_redirects': '/gone /index.html 404\n/* /index.html' })
  ).toEqual(['broken-link /index.html:1 ×1 /gone'])
})

test('a rule that is not used hides no broken link but its own', async () => {
  const page = { '/index.html': link('/a/b') }
  expect(await found({ ...page, '/_redirects': '/* /de/:splat 302 Language=de' })).toEqual([
    'redirect-rule /_redirects:1 ×1 /* /de/:splat 302 Language=de',
    'broken-link /index.html:1 ×1 /a/b'
  ])
  const long = `/* /index.html 200\n${'# '.repeat(140_000)}`
  expect((await found({ ...page, '/_redirects': long })).map((each) => each.split(' ')[0])).toEqual([
    'redirect-rule',
    'broken-link'
  ])
})

test('what a rule that mirrors do not honour is meant for is not told of again', async () => {
  expect(await found({ '/index.html': link('/a/b'), '/_redirects': '/a/:x /c 299' })).toEqual([
    'redirect-rule /_redirects:1 ×1 /a/:x /c 299'
  ])
})

test.each([
  ['/api/* https://api.example/:splat 200', 'for which a server would have to fetch it'],
  ['/* /de/:splat 302 Country=de', 'own server can know of a reader'],
  ['/x /de/ Language=de', 'own server can know of a reader'],
  ['/x id=:id /y/:id 301', 'asks for a query'],
  ['old/* /new', 'neither a path nor a web address'],
  ['/q?x=1 /b', 'the query of'],
  ['/a#x /b', 'the fragment of'],
  ['/m/:t.html /b', 'not a whole part'],
  ['/:a/:a /b', '`:a` twice'],
  ['/a /b/:splat', 'no `*` that it could stand for'],
  ['/a /b 299', 'the status `299`'],
  ['/a*b /c', 'an `*` that is not its last segment'],
  ['/a', 'names no target'],
  ['/a /b 301 more', 'has more than'],
  ['/a ftp://x/', 'neither a path nor a web address'],
  ['/a /b\\c', 'neither a path nor a web address'],
  ['/a /b\\c 200', 'for which a server would have to fetch it'],
  ['/%2A/a /b', 'an `*` that is not its last segment'],
  [`${'/:a'.repeat(21)} /b`, 'more than 20 placeholders'],
  [`/${'a'.repeat(1100)} /b`, 'longer than 1000 characters']
])('a rule that mirrors do not honour is told of: %s', async (rule, why) => {
  const finding = await tells(
    { '/_redirects': `# one\n/fine / 301!\n${rule}\n`, '/index.html': '' },
    'redirect-rule'
  )
  expect(finding).toMatchObject({ level: 'error', path: '/_redirects', line: 3 })
  expect(finding.what).toContain(why)
})

test.each([
  ['/a /nww/', 'error', 'leads to `/nww/`, which does not exist'],
  ['/a /nothing.html 200', 'error', 'does not exist'],
  ['/a /410.html 410', 'warning', 'does not exist'],
  ['/a /index.html/#:x', 'error', 'does not exist'],
  ['/loop /loop', 'error', 'leads in a circle'],
  ['/one /two\n/two /one', 'error', 'leads in a circle'],
  ['/en/* /en/:splat', 'error', 'leads in a circle'],
  ['/a/* /b/:splat\n/b/* /a/:splat', 'error', 'leads in a circle'],
  ['/new/ /new/x 301!\n/new/x /new', 'error', 'leads in a circle'],
  ['/a /new/\n/a/ /blog', 'warning', 'line 1 (`/a`) comes first'],
  ['/* /new/ 200\n/:x/y /blog', 'warning', 'line 1 (`/*`) comes first'],
  ['/blog /new/', 'warning', '`/blog.html` is there, and files come first']
])('where a rule leads is told of: %s', async (rules, level, why) => {
  const finding = await tells(
    { '/new/index.html': '', '/blog.html': '', '/_redirects': rules },
    'redirect-rule'
  )
  expect(finding).toMatchObject({ level, path: '/_redirects' })
  expect(finding.what).toContain(why)
})

test.each([
  '/a /new/?x=1#frag',
  '/a /b\n/b /new',
  '/a https://example.org/gone',
  '/en/* /en/x/:splat',
  '/x/:a /:a',
  '/x/* /:splat 301',
  '/x/* /new/:splat 200',
  '/new /new/',
  '/blog.html /blog',
  '/blog /new/ 301!',
  '/a/:x /new/\n/a/* /blog',
  'https://h.example/* /blog\n/* /new/:splat',
  'https://h.example/* https://example.org/:splat 301!\n/* /new/ 200',
  '/de/* /404.html 404\n/gone / 410'
])('a rule that leads to its place is not: %s', async (rules) => {
  const files = { '/new/index.html': '', '/blog.html': '', '/404.html': '', '/index.html': '' }
  expect(await found({ ...files, '/_redirects': rules })).toEqual([])
})

test('more rules than mirrors read are told of', async () => {
  const rules = Array.from({ length: 10_001 }, (_, n) => `/${n} /b`).join('\n')
  expect(await tells({ '/_redirects': rules, '/b.html': '' }, 'redirect-rule')).toMatchObject({ line: 10001 })
  const long = Array.from({ length: 4_000 }, (_, n) => `/${'a'.repeat(90)}${n} /b`).join('\n')
  expect((await tells({ '/_redirects': long }, 'redirect-rule')).what).toContain('larger than 256 KiB')
})

test.each([
  ['/*\n  X-A', 2, 'is not a header'],
  ['/*\n  X-A: ä', 2, 'empty or not ASCII'],
  ['  X-A: 1', 1, 'stands under no path'],
  ['https://x/*\n  X-A: 1', 1, 'for one host name'],
  ['/*\nX-A: 1\n  X-Frame-Options: DENY\n/a\n  X-Frame-Options: DENY', 3, 'a site cannot set'],
  ['/*\n  ! Set-Cookie', 2, 'a site cannot set'],
  ['/:a/*/b', 1, 'do not understand'],
  [`/*\n  X-A: ${'x'.repeat(4_000)}`, 2, 'longer than 4000 characters'],
  [Array.from({ length: 502 }, (_, n) => `/${n}`).join('\n'), 501, 'at most 500 paths'],
  [`# ${'x'.repeat(262_144)}`, null, 'larger than 256 KiB']
])('a line of _headers that mirrors pass over is told of', async (text, line, why) => {
  const finding = await tells({ '/_headers': text }, 'header-rule')
  expect(finding).toMatchObject({ level: 'warning', path: '/_headers', line })
  expect(finding.what).toContain(why)
})

test('a password that mirrors would not ask for is an error, and is not repeated', async () => {
  const finding = await tells({ '/_headers': '/private/*\n  Basic-Auth: user:sesame\n' }, 'header-rule')
  expect(finding).toMatchObject({ level: 'error', path: '/_headers', line: 2 })
  expect(finding.what).toContain('would be public')
  expect(JSON.stringify(finding)).not.toContain('sesame')
})

test('lines of _headers that mirrors honour are not, nor what mirrors send anyway', async () => {
  expect(
    await found({ '/_headers': '# c\n/*\n  X-A: 1\n  ! X-B\n  X-Content-Type-Options: nosniff\n' })
  ).toEqual([])
})

test('rules that mirrors honour are not', async () => {
  expect(
    await found({
      '/b.html': '',
      '/e.html': '',
      '/g.html': '',
      '/_redirects':
        '/a /b\n/a%2F* /b\n/c/* https://example.org/:splat 302\n/d /e 200!\n/f /g#h 308 # said\n\n'
    })
  ).toEqual([])
})

test('a relative link of the page for what is missing breaks elsewhere', async () => {
  expect(
    await found({
      '/404.html':
        '<link rel="stylesheet" href="a.css">' + link('about') + link('/about') + link('#x') + '<p id="x">',
      '/a.css': '',
      '/about.html': ''
    })
  ).toEqual(
    ['missing-asset /404.html:1 ×1 a.css', 'broken-link /404.html:1 ×1 about'].sort().reverse().sort()
  )
  expect(await found({ '/404.html': '<base href="/">' + link('about'), '/about.html': '' })).toEqual([])
})

test('drafts that are about to go public are told of, and only those', async () => {
  source('posts/a.md', '---\ntitle: A\ndraft: true\n---\n')
  source('posts/b.md', '---\ntitle: B\n---\n')
  source('posts/_drafts/c.md', 'text')
  const site = { '/a/index.html': '', '/b/index.html': '', '/c/index.html': '' }
  const sources = {
    '/a/index.html': 'posts/a.md',
    '/b/index.html': 'posts/b.md',
    '/c/index.html': 'posts/_drafts/c.md',
    '/not-built/index.html': 'posts/a.md'
  }
  expect(await found(site, { sources })).toEqual(['draft /a/index.html:3 ×1 A', 'draft /c/index.html:- ×1'])
  expect(await found(site, { sources, changed: new Set(['/b/index.html', '/c/index.html']) })).toEqual([
    'draft /c/index.html:- ×1'
  ])
  expect(await found(site, { sources, projectDir: null })).toEqual([])
  const [finding] = await check(site, { sources })
  expect(finding).toMatchObject({ level: 'warning', source: 'posts/a.md' })
})

test('front matter that cannot be read is told of, with its line', async () => {
  source('a.md', '---\ntitle: A\nx: "y\n---\n')
  source('b.md', Buffer.from([0, 1, 2]))
  const site = { '/a/index.html': '', '/b/index.html': '' }
  const sources = { '/a/index.html': 'a.md', '/b/index.html': 'b.md' }
  const findings = await check(site, { sources })
  expect(findings.map(({ check, source, line }) => [check, source, line])).toEqual([
    ['front-matter', 'a.md', 4],
    ['front-matter', 'b.md', null]
  ])
  expect(findings[0]?.what).toBe('The front matter of `a.md` cannot be read: Missing closing "quote.')
})

test('what only resembles front matter, and what a generator can read, is not', async () => {
  source('feed.njk', '{\n  "version": {{ version | dump }},\n  "items": []\n}\n')
  source('a.md', '---\ntitle: A\ntags: x\ntags: y\n---\n')
  const site = { '/feed.json': '', '/a/index.html': '' }
  expect(await found(site, { sources: { '/feed.json': 'feed.njk', '/a/index.html': 'a.md' } })).toEqual([])
})

test('sources outside of the project are not read, however they are named', async () => {
  const outside = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-outside-'))
  try {
    writeFileSync(path.join(outside, 'a.md'), '---\ndraft: true\n---\n')
    symlinkSync(path.join(outside, 'a.md'), path.join(project, 'linked.md'))
    const names = [path.join(outside, 'a.md'), `../${path.basename(outside)}/a.md`, 'linked.md', 'gone.md']
    const sources = Object.fromEntries(names.map((name, at) => [`/${at}/index.html`, name]))
    const site = Object.fromEntries(Object.keys(sources).map((name) => [name, '']))
    expect(await found(site, { sources })).toEqual([])
  } finally {
    rmSync(outside, { recursive: true })
  }
})

test('a finding is mended in the source where that has the value, else in what wrote the page', async () => {
  source('a.md', '---\ntitle: A\n---\n\n[x](/gone)\n')
  const site = { '/a/index.html': `<nav>${link('/nowhere')}</nav>\n\n${link('/gone')}` }
  const findings = await check(site, { sources: { '/a/index.html': 'a.md' } })
  expect(findings.map(({ value, source, line }) => [value, source, line])).toEqual([
    ['/nowhere', null, 1],
    ['/gone', 'a.md', 5]
  ])
})

test.each([
  '/netlify.toml',
  '/vercel.json',
  '/_worker.js',
  '/functions/api/hello.ts',
  '/web.config',
  '/sub/htaccess',
  '/_routes.json',
  '/wrangler.toml'
])('%s in the output is for another host', async (file) => {
  const finding = await tells({ [file]: '' }, 'host-file')
  expect(finding).toMatchObject({ level: 'warning', path: file })
})

test('functions are one finding', async () => {
  expect(await tells({ '/functions/a.js': '', '/functions/b.js': '' }, 'host-file')).toMatchObject({
    count: 2
  })
})

test.each([
  '/posts/netlify.toml',
  '/functions/index.html',
  '/functions.js',
  '/worker.js',
  '/_headers',
  '/robots.txt'
])('%s is not', async (file) => {
  expect(await found({ [file]: '' })).toEqual([])
})

test.each([
  ['netlify.toml', '[build]\npublish = "x"\n[[redirects]]\nfrom = "/a"\n', '`redirects`'],
  ['vercel.json', '{"rewrites": []}', '`rewrites`'],
  ['wrangler.toml', 'name = "x"\nmain = "worker.js"\n', '`main`'],
  ['wrangler.jsonc', '{\n  // worker\n  "main": "worker.js"\n}', '`main`'],
  ['netlify/functions/hello.js', '', '`netlify/functions/`'],
  ['functions/hello.js', 'export const onRequestGet = () => new Response()', '`functions/`']
])('rules for another host in the project are told of: %s', async (name, text, said) => {
  source(name, text)
  const finding = await tells({ '/index.html': '' }, 'host-file')
  expect(finding.what).toContain(said)
  expect(finding.source).toBe(name)
})

test('functions beside the configuration of their host are told of', async () => {
  source('functions/hello.js', 'exports.hello = () => {}')
  source('firebase.json', '{}')
  expect((await tells({ '/index.html': '' }, 'host-file')).value).toBe('functions')
})

test('what a project asks of another host is told once, not with each release', async () => {
  source('vercel.json', '{"rewrites": []}')
  const site = { '/index.html': '', '/a.html': '' }
  expect(await found(site, { changed: new Set(Object.keys(site)) })).toHaveLength(1)
  expect(await found(site, { changed: new Set(['/a.html']) })).toEqual([])
})

test.each([
  ['netlify.toml', '[build]\npublish = "x"\n'],
  ['vercel.json', '{"cleanUrls": true}'],
  ['vercel.json', '{'],
  ['wrangler.toml', 'pages_build_output_dir = "x"\n'],
  ['netlify/functions/README.md', ''],
  ['functions/helpers.js', 'export const slug = (text) => text']
])('a file that only says how to build is not: %s', async (name, text) => {
  source(name, text)
  expect(await found({ '/index.html': '' })).toEqual([])
})

test.each([
  '<form method="post" action="/send">',
  '<form method="post" action="https://blog.example/x">',
  '<form name="x" data-netlify="true">',
  '<form netlify method="post">'
])('a form that needs a server is told of: %s', async (form) => {
  expect(await tells({ '/index.html': form }, 'host-form')).toMatchObject({
    level: 'error',
    path: '/index.html',
    line: 1
  })
})

test('a form that a script may take is only a warning', async () => {
  const finding = await tells({ '/index.html': '<form method="post" onsubmit="send(event)">' }, 'host-form')
  expect(finding.level).toBe('warning')
})

test.each([
  '<form>',
  '<form action="/search">',
  '<form method="post" action="https://forms.example/x">',
  '<form method="dialog">'
])('a form that needs none is not: %s', async (form) => {
  expect(await found({ '/index.html': form })).toEqual([])
})

test('large files are told of once for each folder and type, when they are new', async () => {
  const large = Buffer.alloc(10_000_001)
  const larger = Buffer.alloc(12_000_000, 1)
  const site = {
    '/a.mp4': larger,
    '/b.mp4': large,
    '/photos/c.jpg': large,
    '/small.mp4': Buffer.alloc(10_000_000, 2)
  }
  const findings = await check(site)
  expect(
    findings.map(({ check, path, count, alsoIn, level }) => [check, path, count, alsoIn, level])
  ).toEqual([
    ['large-file', '/a.mp4', 2, ['/b.mp4'], 'warning'],
    ['large-file', '/photos/c.jpg', 1, [], 'warning']
  ])
  expect(findings[0]?.what).toBe('`/a.mp4` has 12.0 MB, and 1 more file beside it is larger than 10.0 MB.')
  expect(await found(site, { changed: new Set(['/b.mp4']) })).toEqual(['large-file /b.mp4:- ×1'])
})

test.each<[string, string[], string | null, string]>([
  [
    'a folder around the site',
    ['/_site/index.html', '/_site/posts/index.html', '/notes.txt'],
    '',
    '`_site/index.html` is there: did you mean `npx sitedrive publish _site`?'
  ],
  [
    'a folder around the site, below the project',
    ['/my site/index.html'],
    'out',
    '`my site/index.html` is there: did you mean `npx sitedrive publish "out/my site"`?'
  ],
  [
    'a folder with several sites',
    ['/b/index.html', '/a/index.html', '/a/deep/index.html'],
    '.',
    'There are `a/index.html` and `b/index.html`: each may be a site of its own (`npx sitedrive publish a`); else add an `index.html` that links to them.'
  ],
  [
    'a page with another name',
    ['/about.html'],
    null,
    'Name the first page `index.html`, or lead to it by a line such as `/ /first.html 302` in `_redirects`.'
  ],
  ['capitals', ['/Index.HTML', '/a/index.html'], null, 'Rename `/Index.HTML`: capitals count.']
])('no page at `/` is told of, with what was likely meant: %s', async (_name, paths, dir, remedy) => {
  const now = siteOf(Object.fromEntries(paths.map((each) => [each, ''])))
  expect(await check({}, { now, dir })).toEqual([
    expect.objectContaining({ check: 'no-home-page', level: 'warning', count: 1, remedy })
  ])
})

test.each([
  ['a rule of `_redirects` answers', { '/_redirects': '/ /en/ 302', '/en/index.html': '' }],
  ['an index.htm is there', { '/index.htm': '' }],
  ['there is no page at all', { '/a.txt': '' }]
])('no page at `/` is right where %s', async (_name, contents: Contents) => {
  expect(await check({}, { now: siteOf(contents) })).toEqual([])
})

test('compressed files that do not decode to the file beside them are one finding', async () => {
  const files = {
    '/a.js': 'new',
    '/a.js.br': brotliCompressSync('old'),
    '/a.js.gz': gzipSync('new'),
    '/b.js': 'b',
    '/b.js.gz': 'no gzip',
    '/alone.gz': 'x'
  }
  const finding = await tells(files, 'stale-compressed')
  expect(finding).toMatchObject({ path: '/a.js.br', alsoIn: ['/b.js.gz'], count: 2 })
  expect(await found(files, { changed: new Set(['/alone.gz']) })).toEqual([])
})

test('files that the build did not write are one finding', async () => {
  const site = { '/a.html': '', '/b.html': '' }
  expect(await found(site, { stale: ['/b.html', '/a.html', '/gone.html'] })).toEqual([
    'stale-file /a.html:- ×2'
  ])
  expect(await found(site, { stale: ['/gone.html'] })).toEqual([])
})

test('pages that readers would see wrong, or that could not be read, are told of', async () => {
  const latin = Buffer.from('<title>Größe</title>', 'latin1')
  expect(
    await found({
      '/a.html': latin,
      '/b.html': latin,
      '/deep.html': '<div>'.repeat(5_000),
      '/long.html': Buffer.alloc(5_000_000, 'x'),
      '/picture.html': Buffer.from([0, 1])
    })
  ).toEqual([
    'unreadable-page /a.html:- ×2 windows-1252',
    'unreadable-page /deep.html:- ×1',
    'unreadable-page /long.html:- ×1',
    'unreadable-page /picture.html:- ×1'
  ])
})

test('errors come first, then paths in their order', async () => {
  const levels = (await check({ '/b.html': link('/x'), '/a.html': link('#y') + link('/z') })).map(
    ({ level, path }) => [level, path]
  )
  expect(levels).toEqual([
    ['error', '/a.html'],
    ['error', '/b.html'],
    ['warning', '/a.html']
  ])
})

test('text from pages cannot act on a terminal, nor end its quotes', async () => {
  const [finding] = await check({ '/index.html': link('/a\u001b[31m\u202Eb`c') })
  expect(finding?.what).toBe('The link `/a\uFFFD[31m\uFFFDbˋc` leads nowhere.')
})

test('thousands of links to nowhere do not take long to suggest for', async () => {
  const pages: Contents = {}
  for (let n = 0; n < 1_000; n++) pages[`/posts/post-about-${n}/index.html`] = ''
  pages['/index.html'] = Array.from({ length: 3_000 }, (_, n) => link(`/pasts/pust-abuot-${n}/`)).join('')
  expect(await check(pages)).toHaveLength(3_000)
})

test('a check that is not wanted any more stops', async () => {
  await expect(check({ '/index.html': '' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED'
  })
})
