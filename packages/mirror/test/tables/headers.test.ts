// What Netlify's parser of `_headers` and serve-handler's `headers` document. The cases are ours.
import { beforeAll, describe } from 'vitest'
import { testTable } from '../support/case-table.js'
import { servePublished, type Mirror } from '../support/serve-published.js'

const HEADERS = [
  'X-Before: any path',
  '/one',
  '  X-One: 1',
  '',
  '  # a comment',
  '  X-After-Blank: 2',
  '/two',
  'X-Unindented: 1',
  '  X-Spaced   :    a  value  ',
  '\tX-Tab:\tvalue\t',
  '  X-Colons: https://a.example:80/',
  '  x-LOWER: 1',
  '  X-List: a',
  '  X-List: b , c',
  '  X-Empty:',
  '  : nameless',
  '  X-No-Colon = 1',
  '  not a header',
  '   /three   ',
  '  X-Three: 1',
  '/three',
  '  X-Three: 2',
  '/folder/',
  '  X-Folder: 1',
  '/page',
  '  X-Page: 1',
  '/posts/*',
  '  X-Posts: 1',
  '/posts/:id/edit',
  '  X-Edit: 1',
  '/*.txt',
  '  Content-Type: text/markdown; charset=utf-8',
  '  Cache-Control: max-age=7200',
  '/posts/a*c.txt',
  '  X-Inside: 1',
  '/deep/*/end.txt',
  '  X-Middle: 1',
  '//doubled//path.txt',
  '  X-Doubled: 1',
  '/two%20words.txt',
  '  X-Encoded: 1',
  '/a.b',
  '  X-Dot: 1',
  '/100%.txt',
  '  X-Percent: 1',
  '/*',
  '  X-All: 1',
  "  Content-Security-Policy: default-src 'self'; img-src *",
  '/one.html',
  '  ! X-All',
  '/bare.txt',
  '  ! Cache-Control',
  '/set-by-servers.txt',
  '  ETag: "mine"',
  '  Set-Cookie: a=1',
  '  Strict-Transport-Security: max-age=1',
  '  Server: mine',
  '  Basic-Auth: ada:lovelace',
  'https://other.example/*',
  '  X-Elsewhere: 1'
].join('\n')

describe('_headers', () => {
  let mirror: Mirror
  beforeAll(async () => {
    mirror = await servePublished({
      'index.html': 'home',
      '404.html': 'none',
      'one.html': '1',
      'two.html': '2',
      'three.html': '3',
      'folder/index.html': 'folder',
      'page/index.html': 'page',
      'posts.html': 'posts',
      'posts/1/edit.html': 'edit',
      'posts/abc.txt': 'abc',
      'deep/a/b/end.txt': 'end',
      'doubled/path.txt': 'doubled',
      'two words.txt': 'words',
      'a.b': 'dot',
      '100%.txt': 'percent',
      aXb: 'no dot',
      'bare.txt': 'bare',
      'set-by-servers.txt': 'set',
      _headers: HEADERS
    })
  })

  testTable(
    () => mirror,
    [
      ['GET /', '200 "home" > x-before: - > x-all: 1 > x-one: -'],
      ['GET /one', '200 "1" > x-one: 1 > x-after-blank: 2 > x-all: 1'],
      ['HEAD /one', '200 > x-one: 1'],
      ['GET /one?x=1', '200 > x-one: 1'],
      ['GET /one.html', '200 > x-one: - > x-all: -'],
      ['GET /two', '200 > x-unindented: 1 > x-spaced: a  value > x-tab: value'],
      ['GET /two', '200 > x-colons: https://a.example:80/ > x-lower: 1'],
      ['GET /two', '200 > x-list: a, b , c > x-empty: - > x-no-colon: -'],
      ['GET /three', '200 > x-three: 1, 2'],
      ['GET /THREE', '404 > x-three: -', 'capitals in a path'],
      ['GET /folder/', '200 "folder" > x-folder: 1'],
      ['GET /page/', '200 "page" > x-page: 1'],
      ['GET /posts', '200 "posts" > x-posts: 1'],
      ['GET /posts/1/edit', '200 "edit" > x-posts: 1 > x-edit: 1'],
      ['GET /posts/abc.txt', '200 "abc" > x-posts: 1 > x-edit: - > x-inside: 1'],
      [
        'GET /posts/abc.txt',
        '200 > content-type: text/markdown; charset=utf-8 > cache-control: max-age=7200'
      ],
      ['GET /deep/a/b/end.txt', '200 > x-middle: 1'],
      ['GET /doubled/path.txt', '200 > x-doubled: 1'],
      ['GET /two%20words.txt', '200 > x-encoded: 1'],
      ['GET /100%.txt', '200 "percent" > x-percent: 1'],
      ['GET /100%25.txt', '200 > x-percent: 1'],
      ['GET /a.b', '200 > x-dot: 1'],
      ['GET /aXb', '200 > x-dot: -'],
      ['GET /', "200 > content-security-policy: default-src 'self'; img-src *"],
      ['GET /bare.txt', '200 > cache-control: -'],
      ['GET /one > if-none-match: <tag>', '304 > x-one: 1'],
      ['GET /bare.txt > range: bytes=0-1', '206 "ba" > x-all: 1'],
      ['GET /none', '404 "none" > x-all: 1'],
      ['GET /posts/none', '404 "none" > x-posts: -', 'headers of a missing page'],
      ['GET /page', '308 > x-page: - > x-all: -', 'headers of a redirect'],
      [
        'GET /set-by-servers.txt',
        '200 > x-all: 1 > set-cookie: - > server: - > strict-transport-security: -',
        'headers that a site can set'
      ],
      ['GET /set-by-servers.txt > if-none-match: "mine"', '200 "set"', 'headers that a site can set'],
      ['GET /set-by-servers.txt', '200 > www-authenticate: -', '`Basic-Auth` in `_headers`'],
      // The block before it.
      ['GET /set-by-servers.txt', '200 > x-elsewhere: -', 'blocks for `https://…` in `_headers`'],
      ['GET /_headers', '404 "none"']
    ]
  )
})
