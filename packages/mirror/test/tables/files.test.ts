// What servers of static files document of paths, types, ranges, conditions and codings: sirv, send, serve-handler. The cases are ours.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { beforeAll, describe } from 'vitest'
import { testTable } from '../support/case-table.js'
import { servePublished, type Mirror } from '../support/serve-published.js'

const LIBRARY = 'export const answer = 42 // and so on\n'.repeat(100)
const br = brotliCompressSync(LIBRARY)
const gz = gzipSync(LIBRARY)

const FILES = {
  'index.html': 'home',
  '404.html': 'nothing here',
  'about.html': 'about us',
  'about-us.html.html': 'twice',
  'team/index.html': 'the team',
  'team/anna.html': 'Anna',
  'older/index.htm': 'an older page',
  'shop/open.txt': 'from 9',
  'shop/404.html': 'sold out',
  'report.html': 'one page',
  'report/index.html': 'a folder',
  'name.txt': 'Ada',
  'digits.txt': '0123456789',
  'empty.txt': '',
  LICENSE: 'free',
  'two words.txt': 'two',
  'grüße.txt': 'viele',
  'snow ☃/index.html': 'cold',
  'a..b.txt': 'dots',
  'a+b.txt': 'plus',
  'half & half.txt': 'and',
  'what?.txt': 'question',
  'n#1.txt': 'first',
  '50%.txt': 'percent',
  'v1.2/index.html': 'version',
  'v1.2/notes': 'notes',
  'LOUD.TXT': 'loud',
  'data.json': '{}',
  'app.js': 'js',
  'app.mjs': 'mjs',
  'site.css': 'css',
  'logo.svg': '<svg/>',
  'code.wasm': 'wasm',
  'feed.xml': '<feed/>',
  'app.webmanifest': '{}',
  'font.woff2': 'font',
  'x.unheard-of': 'x',
  'all.tar.gz': gz,
  'assets/main-BK3f9xQz.js': 'hashed',
  'library.js': LIBRARY,
  'library.js.br': br,
  'library.js.gz': gz,
  'zipped.css': LIBRARY,
  'zipped.css.gz': gz,
  'alone.js.br': br,
  '.well-known/security.txt': 'mailto:a@example.org',
  '.hidden.txt': 'hidden',
  '.secret/key.txt': 'key',
  '.shown/a.txt': 'shown'
}

let mirror: Mirror
beforeAll(async () => {
  mirror = await servePublished(FILES)
})

describe('paths', () => {
  testTable(
    () => mirror,
    [
      ['GET /', '200 "home" > content-type: text/html; charset=utf-8'],
      ['GET /?x=1', '200 "home"'],
      ['GET /index.html', '200 "home"', '`/index.html`, `/x.html`'],
      ['GET /index', '200 "home"', '`/index.html`, `/x.html`'],
      ['GET /about', '200 "about us"'],
      ['GET /about.html', '200 "about us"', '`/index.html`, `/x.html`'],
      ['GET /about?a=b#c', '200 "about us"'],
      ['GET /about/', '308 > location: /about'],
      ['GET /about/?x=1', '308 > location: /about?x=1'],
      ['GET /about-us.html', '200 "twice"'],
      ['GET /about-us.html.html', '200 "twice"'],
      ['GET /about-us', '404'],
      ['GET /team', '308 > location: /team/'],
      ['GET /team?x=1&y=%2F', '308 > location: /team/?x=1&y=%2F'],
      ['GET /team/', '200 "the team"'],
      ['GET /team/anna', '200 "Anna"'],
      ['GET /team/index.html', '200 "the team"'],
      ['GET /team//', '308 > location: /team/'],
      ['GET /team//////anna', '308 > location: /team/anna'],
      ['GET //team/anna', '308 > location: /team/anna'],
      ['GET //example.org/index', '308 > location: /example.org/index'],
      ['GET //example.org/%2e%2e', '400'],
      ['GET /report', '200 "one page"'],
      ['GET /report/', '200 "a folder"'],
      ['GET /older', '308 > location: /older/'],
      ['GET /older/', '200 "an older page" > content-type: text/html; charset=utf-8'],
      ['GET /shop', '404 "nothing here"', 'a folder without an index page'],
      ['GET /shop/', '404 "sold out"', 'a folder without an index page'],
      ['GET /shop/open.txt', '200 "from 9"'],
      ['GET /name.txt', '200 "Ada"'],
      ['GET /name.txt/', '404'],
      ['GET /name', '404'],
      ['GET /empty.txt', '200 "" > content-length: 0'],
      ['GET /v1.2', '308 > location: /v1.2/'],
      ['GET /v1.2/', '200 "version"'],
      ['GET /v1.2/notes', '200 "notes"'],
      ['GET /a..b.txt', '200 "dots"'],
      ['GET /LOUD.TXT', '200 "loud" > content-type: text/plain; charset=utf-8'],
      ['GET /loud.txt', '404'],
      ['GET /About', '404', 'capitals in a path']
    ]
  )
})

describe('encoded paths', () => {
  testTable(
    () => mirror,
    [
      ['GET /two%20words.txt', '200 "two"'],
      ['GET /%74wo%20words%2Etxt', '200 "two"'],
      ['GET /gr%C3%BC%C3%9Fe.txt', '200 "viele"'],
      ['GET /gru%CC%88%C3%9Fe.txt', '200 "viele"'],
      ['GET /snow%20%E2%98%83', '308 > location: /snow%20%E2%98%83/'],
      ['GET /snow%20%E2%98%83/', '200 "cold"'],
      ['GET /a+b.txt', '200 "plus"'],
      ['GET /a%2Bb.txt', '200 "plus"'],
      ['GET /a%20b.txt', '404'],
      ['GET /half%20&%20half.txt', '200 "and"'],
      ['GET /what%3F.txt', '200 "question"'],
      ['GET /what?.txt', '404'],
      ['GET /n%231.txt', '200 "first"'],
      ['GET /50%25.txt', '200 "percent"'],
      ['GET /50%2525.txt', '404'],
      ['GET /team%2Fanna', '200 "Anna"', '`%2F` in a path'],
      ['GET /%2Fexample.org/', '308 > location: /example.org/'],
      ['GET /%5Cexample.org/', '400'],
      ['GET /%', '404'],
      ['GET /%zz', '404'],
      ['GET /%E0%A4%A', '400'],
      ['GET /%00', '400'],
      ['GET /name.txt%00.html', '400'],
      ['GET /../name.txt', '400', '`..` in a path'],
      ['GET /team/../name.txt', '400', '`..` in a path'],
      ['GET /%2e%2e/%2e%2e/etc/passwd', '400', '`..` in a path'],
      ['GET /..%2Fname.txt', '400', '`..` in a path'],
      ['GET /./name.txt', '400', '`..` in a path'],
      ['GET /...', '404'],
      [`GET /${'x'.repeat(5_000)}`, '404 "nothing here"']
    ]
  )
})

describe('dot files', () => {
  testTable(
    () => mirror,
    [
      ['GET /.well-known/security.txt', '200 "mailto:a@example.org"'],
      ['GET /.hidden.txt', '404'],
      ['GET /.secret', '404'],
      ['GET /.secret/', '404'],
      ['GET /.secret/key.txt', '404'],
      ['GET /.nothing', '404']
    ]
  )
})

describe('types', () => {
  testTable(
    () => mirror,
    [
      ['GET /data.json', '200 > content-type: application/json; charset=utf-8'],
      ['GET /app.js', '200 > content-type: text/javascript; charset=utf-8'],
      ['GET /app.mjs', '200 > content-type: text/javascript; charset=utf-8'],
      ['GET /site.css', '200 > content-type: text/css; charset=utf-8'],
      ['GET /logo.svg', '200 > content-type: image/svg+xml'],
      ['GET /code.wasm', '200 > content-type: application/wasm'],
      ['GET /feed.xml', '200 > content-type: application/xml'],
      ['GET /app.webmanifest', '200 > content-type: application/manifest+json; charset=utf-8'],
      ['GET /font.woff2', '200 > content-type: font/woff2'],
      ['GET /all.tar.gz', '200 > content-type: application/gzip > content-encoding: -'],
      ['GET /x.unheard-of', '200 > content-type: application/octet-stream > x-content-type-options: nosniff'],
      ['GET /LICENSE', '200 "free" > content-type: application/octet-stream'],
      ['GET /none.css', '404 "nothing here" > content-type: text/html; charset=utf-8']
    ]
  )
})

describe('methods', () => {
  testTable(
    () => mirror,
    [
      ['HEAD /name.txt', '200 "" > content-length: 3 > content-type: text/plain; charset=utf-8'],
      ['HEAD /none', '404 "" > content-type: text/html; charset=utf-8'],
      ['HEAD /team', '308 "" > location: /team/'],
      ['HEAD /digits.txt > range: bytes=0-3', '200 "" > content-length: 10'],
      ['HEAD /name.txt > if-none-match: <tag>', '304 ""'],
      ['POST /name.txt', '405 > allow: GET, HEAD'],
      ['DELETE /none', '405 > allow: GET, HEAD'],
      ['OPTIONS /name.txt', '405 > allow: GET, HEAD'],
      [
        'OPTIONS /name.txt > origin: https://x.example > access-control-request-method: GET',
        '204 > access-control-allow-origin: * > access-control-allow-methods: GET, HEAD'
      ]
    ]
  )
})

describe('ranges', () => {
  const whole = '200 "0123456789" > content-range: - > content-length: 10'
  testTable(
    () => mirror,
    [
      ['GET /digits.txt', `${whole} > accept-ranges: bytes`],
      ['GET /digits.txt > range: bytes=0-4', '206 "01234" > content-range: bytes 0-4/10 > content-length: 5'],
      ['GET /digits.txt > range: bytes=4-4', '206 "4" > content-range: bytes 4-4/10 > content-length: 1'],
      ['GET /digits.txt > range: bytes=2-5', '206 "2345" > content-type: text/plain; charset=utf-8'],
      ['GET /digits.txt > range: bytes=0-9', '206 "0123456789" > content-range: bytes 0-9/10'],
      ['GET /digits.txt > range: bytes=7-', '206 "789" > content-range: bytes 7-9/10'],
      ['GET /digits.txt > range: bytes=-3', '206 "789" > content-range: bytes 7-9/10'],
      ['GET /digits.txt > range: bytes=-30', '206 "0123456789" > content-range: bytes 0-9/10'],
      [
        'GET /digits.txt > range: bytes=2-50',
        '206 "23456789" > content-range: bytes 2-9/10 > content-length: 8'
      ],
      ['GET /digits.txt > range: BYTES=1-2', '206 "12"'],
      ['GET /digits.txt > range: bytes=9-50', '206 "9"'],
      ['GET /digits.txt > range: bytes=10-', '416 > content-range: bytes */10'],
      ['GET /digits.txt > range: bytes=500-600', '416 > content-range: bytes */10'],
      ['GET /digits.txt > range: bytes=-0', '416 > content-range: bytes */10'],
      ['GET /empty.txt > range: bytes=0-', '416 > content-range: bytes */0'],
      ['GET /digits.txt > range: bytes=3', whole, 'ranges that the standard does not know'],
      ['GET /digits.txt > range: bytes=5-2', whole, 'ranges that the standard does not know'],
      ['GET /digits.txt > range: bytes=a-b', whole],
      ['GET /digits.txt > range: bytes', whole],
      ['GET /digits.txt > range: bytes=', whole],
      ['GET /digits.txt > range: items=0-4', whole],
      ['GET /digits.txt > range: bytes=1-1,3-3', whole],
      ['GET /digits.txt > range: bytes=1-2,3-4', whole, 'several ranges in one request'],
      ['GET /digits.txt > range: bytes=0-1 > if-range: <tag>', '206 "01"'],
      ['GET /digits.txt > range: bytes=0-1 > if-range: <date>', '206 "01"'],
      ['GET /digits.txt > range: bytes=0-1 > if-range: "another"', whole],
      ['GET /digits.txt > range: bytes=0-1 > if-range: W/<tag>', whole],
      ['GET /digits.txt > range: bytes=0-1 > if-range: Thu, 01 Jan 1970 00:00:00 GMT', whole],
      ['GET /digits.txt > range: bytes=0-1 > if-range: nonsense', whole],
      ['GET /none > range: bytes=0-1', '404 "nothing here" > content-range: -'],
      ['GET /team > range: bytes=0-1', '308 > content-range: -']
    ]
  )
})

describe('conditions', () => {
  testTable(
    () => mirror,
    [
      ['GET /name.txt > if-none-match: <tag>', '304 "" > content-length: - > content-type: -'],
      ['GET /name.txt > if-none-match: W/<tag>', '304 ""'],
      ['GET /name.txt > if-none-match: "a", <tag>, "b"', '304 ""'],
      ['GET /name.txt > if-none-match: *', '304 ""'],
      ['GET /name.txt > if-none-match: "a"', '200 "Ada"'],
      ['GET /name.txt > if-none-match: nonsense', '200 "Ada"'],
      ['GET /name.txt > if-match: <tag>', '200 "Ada"'],
      ['GET /name.txt > if-match: *', '200 "Ada"'],
      ['GET /name.txt > if-match: "a", <tag>', '200 "Ada"'],
      ['GET /name.txt > if-match: "a"', '412'],
      ['GET /name.txt > if-match: "a" > if-none-match: <tag>', '412'],
      ['GET /name.txt > if-modified-since: <date>', '304 ""'],
      ['GET /name.txt > if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT', '200 "Ada"'],
      ['GET /name.txt > if-modified-since: nonsense', '200 "Ada"'],
      [
        'GET /name.txt > if-modified-since: Fri, 01 Jan 2100 00:00:00 GMT',
        '200 "Ada"',
        'a later date in `If-Modified-Since`'
      ],
      ['GET /name.txt > if-modified-since: <date> > if-none-match: "a"', '200 "Ada"'],
      ['GET /name.txt > if-unmodified-since: <date>', '200 "Ada"'],
      ['GET /name.txt > if-unmodified-since: Fri, 01 Jan 2100 00:00:00 GMT', '200 "Ada"'],
      ['GET /name.txt > if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT', '412'],
      ['GET /name.txt > if-unmodified-since: nonsense', '200 "Ada"'],
      ['GET /name.txt > if-none-match: <tag> > range: bytes=0-1', '304 ""'],
      ['GET /none > if-none-match: *', '404 "nothing here" > etag: -'],
      ['GET /none > if-match: "a"', '404 "nothing here"'],
      ['GET /team > if-match: "a"', '308']
    ]
  )
})

describe('caches', () => {
  testTable(
    () => mirror,
    [
      ['GET /name.txt', '200 > cache-control: public, max-age=0, must-revalidate'],
      ['GET /assets/main-BK3f9xQz.js', '200 > cache-control: public, max-age=31536000, immutable'],
      ['GET /assets/main-AAAAAAAA.js', '404 > cache-control: public, max-age=0, must-revalidate'],
      ['GET /name.txt > if-none-match: <tag>', '304 > cache-control: public, max-age=0, must-revalidate']
    ]
  )
})

describe('codings', () => {
  const plain = `200 "${LIBRARY}" > content-encoding: -`
  testTable(
    () => mirror,
    [
      ['GET /library.js', `${plain} > vary: accept-encoding`],
      [
        'GET /library.js > accept-encoding: br, gzip',
        `200 > content-encoding: br > content-length: ${br.length} > content-type: text/javascript; charset=utf-8`
      ],
      [
        'GET /library.js > accept-encoding: gzip, br',
        `200 > content-encoding: br > content-length: ${br.length}`
      ],
      [
        'GET /library.js > accept-encoding: gzip',
        `200 > content-encoding: gzip > content-length: ${gz.length}`
      ],
      ['GET /library.js > accept-encoding: br;q=0, gzip', '200 > content-encoding: gzip'],
      ['GET /library.js > accept-encoding: identity', plain],
      ['GET /library.js > accept-encoding: br;q=0', plain],
      ['GET /library.js > accept-encoding: nonsense', plain],
      ['GET /library.js > accept-encoding: gzip;q=x', plain],
      ['GET /library.js > accept-encoding: gzip > range: bytes=0-5', '206 "export" > content-encoding: -'],
      [
        'HEAD /library.js > accept-encoding: br',
        `200 "" > content-encoding: br > content-length: ${br.length}`
      ],
      [
        'GET /zipped.css > accept-encoding: gzip',
        `200 > content-encoding: gzip > content-length: ${gz.length}`
      ],
      ['GET /library.js.br', `200 > content-encoding: - > content-length: ${br.length}`],
      [
        'GET /alone.js > accept-encoding: br',
        '404 "nothing here"',
        'a `.br` or `.gz` without the file that it stands for'
      ],
      ['GET /name.txt > accept-encoding: br', '200 "Ada" > content-encoding: -']
    ]
  )
})
