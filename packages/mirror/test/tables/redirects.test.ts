// What Netlify's parser and the IPFS specification of `_redirects` document. The cases are ours.
import { beforeAll, describe } from 'vitest'
import { testTable } from '../support/case-table.js'
import { servePublished, type Mirror } from '../support/serve-published.js'

const PAGES = {
  'index.html': 'home',
  'one.html': 'page one',
  'two.html': 'page two',
  'files/a.txt': 'a file',
  'two words.html': 'two words',
  '404.html': 'not found',
  '410.html': 'gone',
  '451.html': 'forbidden by law'
}

describe('lines', () => {
  let mirror: Mirror
  beforeAll(async () => {
    const lines = [
      '# moved in spring',
      '',
      '/plain /one',
      '/comment /one # moved',
      '/anchor /one#part',
      '/anchor-comment /one#part # moved',
      '  /indented /one  ',
      '\t/tabs\t\t/one\t302\t',
      '/wide                 /one',
      '/carriage-return /one 302\r',
      '/first /one',
      '/first /two',
      '/file-stays/* /two',
      '/files/a.txt /two',
      '/files/* /one',
      '/status-301 /one 301',
      '/status-302 /one 302',
      '/status-303 /one 303',
      '/status-307 /one 307',
      '/status-308 /one 308',
      '/status-200 /one 200',
      '/status-404 /one 404',
      '/status-410 /410.html 410',
      '/status-451 /451.html 451',
      '/status-200-dir / 200',
      '/one /two 302!',
      '/two /one 200!',
      '/elsewhere https://example.org/a?b=c#d',
      '/elsewhere-http http://example.org:8080/ 302',
      '/away/* https://example.org/:splat 301!',
      '/rest/* /kept/:splat',
      '/rest-unused/* /one',
      '/rest-shown/* /:splat 200',
      '/parts/:year/:month/:name /:name/:year-:month',
      '/twice/:a /x/:a/y/:a',
      '/query/:a/:b /one?first=:a&second=:b',
      '/static-query /one?a=1&b=2',
      '/loop /loop',
      '/loop/ /one',
      '/slash-end/ /one',
      '/only-here/* 200',
      '/only-here/x /one',
      '//doubled//slash /one',
      '/%C3%BCber /one',
      '/größe /one',
      '/with%20space /one',
      '/100% /one',
      '/half%zz/:name /one%/:name',
      '/%-loop /%-loop',
      '/spelled-loop /%73pelled-loop',
      '/show-encoded /two%20words.html 200',
      '/show-encoded/* /:splat 200',
      '/a.b+c(d) /one',
      // Not for a mirror: passed over.
      '/no-target',
      '/no-target-status 301',
      '/no-target-query id=:id',
      '/no-slash one.html',
      'no-slash-from /one',
      'http:// /one',
      '/odd-status /one moved',
      '/status-299 /one 299',
      '/status-high /one 1000',
      '/status-negative /one -200',
      '/country /one 302 Country=ch,at',
      '/language /one 302 Language=de',
      '/both /one 302 Country=ch Language=de',
      '/role/* /one 200 Role=admin',
      '/cookie /one 302 Cookie=a',
      '/query-rule id=:id /one/:id',
      '/query-rule id=1 /one 302',
      '/proxy/* https://api.example.org/:splat 200',
      '/signed/* https://api.example.org/:splat 200! Sign=KEY',
      '/from-query?a=1 /one',
      '/from-hash#a /one',
      '/same/:a/:a /one',
      '/middle/*/end /one',
      '/glued* /one',
      '/no-star /:splat',
      '/part/:name.html /one',
      '/%ff /one',
      '/headers/*',
      '  X-Test: a',
      '/after-them /one'
    ]
    mirror = await servePublished({ ...PAGES, _redirects: lines.join('\n') })
  })

  const moved = '301 "" > location: /one'
  const passedOver = '404 "not found" > location: -'
  testTable(
    () => mirror,
    [
      ['GET /plain', moved],
      ['HEAD /plain', moved],
      ['GET /plain/', moved],
      ['GET /PLAIN', passedOver, 'capitals in a path'],
      ['GET /comment', moved],
      ['GET /anchor', '301 > location: /one#part'],
      ['GET /anchor-comment', '301 > location: /one#part'],
      ['GET /anchor?x=1', '301 > location: /one?x=1#part'],
      ['GET /indented', moved],
      ['GET /tabs', '302 > location: /one'],
      ['GET /wide', moved],
      ['GET /carriage-return', '302 > location: /one'],
      ['GET /first', moved],
      ['GET /files/a.txt', '200 "a file"'],
      ['GET /files/b.txt', moved],
      ['GET /files/', moved],
      ['GET /files', moved],
      ['GET /filesystem', passedOver],
      ['GET /status-301', moved],
      ['GET /status-302', '302 > location: /one'],
      ['GET /status-303', '303 > location: /one'],
      ['GET /status-307', '307 > location: /one'],
      ['GET /status-308', '308 > location: /one'],
      ['GET /status-200', '200 "page one" > location: - > content-type: text/html; charset=utf-8'],
      ['GET /status-200-dir', '200 "home"'],
      ['GET /status-404', '404 "page one"'],
      ['GET /status-410', '410 "gone"'],
      ['GET /status-451', '451 "forbidden by law"'],
      ['GET /one', '302 > location: /two'],
      ['GET /two', '200 "page one"'],
      ['GET /two.html', '200 "page two"'],
      ['GET /elsewhere', '301 > location: https://example.org/a?b=c#d'],
      ['GET /elsewhere?x=1', '301 > location: https://example.org/a?b=c&x=1#d'],
      ['GET /elsewhere-http', '302 > location: http://example.org:8080/'],
      ['GET /away/a/b', '301 > location: https://example.org/a/b'],
      ['GET /away/', '301 > location: https://example.org/'],
      ['GET /away', '301 > location: https://example.org/'],
      ['GET /rest/a/b%20c?x=%2F', '301 > location: /kept/a/b%20c?x=%2F'],
      ['GET /rest/', '301 > location: /kept/'],
      ['GET /rest', '301 > location: /kept/'],
      ['GET /restaurant', passedOver],
      ['GET /rest-unused/a/b', moved],
      ['GET /rest-shown/files/a.txt', '200 "a file"'],
      ['GET /rest-shown/none', passedOver],
      ['GET /parts/2024/05/news', '301 > location: /news/2024-05'],
      ['GET /parts/2024/05/news/', '301 > location: /news/2024-05'],
      ['GET /parts/2024/05', passedOver],
      ['GET /parts/2024//news', '308 > location: /parts/2024/news'],
      ['GET /parts/2024/05/news/more', passedOver],
      ['GET /twice/1', '301 > location: /x/1/y/1'],
      ['GET /query/a%26b/c%20d', '301 > location: /one?first=a%26b&second=c%20d'],
      ['GET /static-query?b=3&c=4', '301 > location: /one?a=1&b=3&c=4'],
      ['GET /static-query?a', '301 > location: /one?b=2&a'],
      ['GET /static-query?', '301 > location: /one?a=1&b=2'],
      ['GET /loop', '301 > location: /one'],
      ['GET /slash-end', moved],
      ['GET /slash-end/', moved],
      ['GET /only-here/x', passedOver],
      ['GET /doubled/slash', moved],
      ['GET /%C3%BCber', moved],
      ['GET /gr%C3%B6%C3%9Fe', moved],
      ['GET /with%20space', moved],
      ['GET /100%', moved],
      ['GET /100%25', moved],
      ['GET /100', passedOver],
      ['GET /half%zz/a%25', '301 > location: /one%/a%25'],
      ['GET /%-loop', passedOver],
      ['GET /%25-loop', passedOver],
      ['GET /spelled-loop', passedOver],
      ['GET /show-encoded', '200 "two words"'],
      ['GET /show-encoded/two%20words', '200 "two words"'],
      ['GET /a.b+c(d)', moved],
      ['GET /aXb+c(d)', passedOver],
      ['GET /after-them', moved],
      ['GET /_redirects', passedOver],
      ['GET /no-target', passedOver],
      ['GET /no-target-status', passedOver],
      ['GET /no-target-query?id=1', passedOver],
      ['GET /no-slash', passedOver],
      ['GET /no-slash-from', passedOver],
      ['GET /odd-status', passedOver],
      ['GET /status-299', passedOver, 'statuses of redirects'],
      ['GET /status-high', passedOver],
      ['GET /status-negative', passedOver],
      ['GET /country', passedOver, 'rules for a country, a language, a cookie'],
      ['GET /language > accept-language: de', passedOver, 'rules for a country, a language, a cookie'],
      ['GET /both', passedOver, 'rules for a country, a language, a cookie'],
      ['GET /role/x', passedOver, 'rules for a country, a language, a cookie'],
      ['GET /cookie > cookie: a=1', passedOver, 'rules for a country, a language, a cookie'],
      ['GET /query-rule?id=1', passedOver, 'queries in `from`'],
      ['GET /proxy/x', passedOver, 'proxies (`200` to another site)'],
      ['GET /signed/x', passedOver, 'proxies (`200` to another site)'],
      ['GET /from-query?a=1', passedOver, 'queries in `from`'],
      ['GET /from-hash', passedOver],
      ['GET /same/1/1', passedOver, 'a line of `_redirects` that cannot be used'],
      ['GET /middle/a/end', passedOver],
      ['GET /glued', passedOver],
      ['GET /no-star', passedOver],
      ['GET /part/x.html', passedOver],
      ['GET /%ff', '400'],
      ['GET /headers/x', passedOver]
    ]
  )
})

describe('a site of one page', () => {
  let mirror: Mirror
  beforeAll(async () => {
    const rules = [
      '/old /one.html',
      '/later /two.html 302',
      '/entry /index.html 200',
      '/notes/:y/:m/:d/:title /articles/:y/:m/:d/:title 301',
      '/all/* /moved-all/:splat 301',
      '/missing/* /404.html 404',
      '/taken-down/* /410.html 410',
      '/forbidden/* /451.html 451',
      '/to-query/* /target?fixed-a=1&fixed-b=2 301',
      '/as-query/:code/:name /target?code=:code&name=:name 301',
      '/with-query/* https://example.net/new/:splat 301',
      '/* /index.html 200'
    ]
    mirror = await servePublished({ ...PAGES, _redirects: rules.join('\r\n') })
  })

  testTable(
    () => mirror,
    [
      ['GET /', '200 "home"'],
      ['GET /one', '200 "page one"'],
      ['GET /old', '301 > location: /one.html'],
      ['GET /later', '302 > location: /two.html'],
      ['GET /entry', '200 "home"'],
      ['GET /notes/2024/05/06/a-title', '301 > location: /articles/2024/05/06/a-title'],
      ['GET /notes/2024/05', '200 "home"'],
      ['GET /all/one.html', '301 > location: /moved-all/one.html'],
      ['GET /missing/x', '404 "not found" > etag: -', 'tags and caches of 404, 410 and 451'],
      ['GET /taken-down/x', '410 "gone" > etag: -', 'tags and caches of 404, 410 and 451'],
      ['GET /forbidden/x', '451 "forbidden by law"', 'tags and caches of 404, 410 and 451'],
      ['GET /any/route?x=1', '200 "home" > content-type: text/html; charset=utf-8'],
      ['GET /any/app.js', '200 "home" > content-type: text/html; charset=utf-8'],
      ['GET /any/route > if-none-match: <tag>', '304 ""'],
      ['HEAD /any/route', '200 ""'],
      ['GET /files/a.txt', '200 "a file"'],
      ['GET /_redirects', '200 "home"'],
      ['GET /to-query/x', '301 > location: /target?fixed-a=1&fixed-b=2'],
      ['GET /to-query/x?fixed-a=mine&other=3', '301 > location: /target?fixed-b=2&fixed-a=mine&other=3'],
      ['GET /as-query/a1/ada?code=b2', '301 > location: /target?name=ada&code=b2'],
      ['GET /with-query/x/y?a=1&b=2', '301 > location: https://example.net/new/x/y?a=1&b=2']
    ]
  )
})

describe('a file that is too large', () => {
  let mirror: Mirror
  beforeAll(async () => {
    mirror = await servePublished({ ...PAGES, _redirects: '/old /one\n'.padEnd(257 * 1024, '#') })
  })
  testTable(
    () => mirror,
    [
      ['GET /one', '200 "page one"'],
      ['GET /old', '404 "not found"', 'size of `_redirects`']
    ]
  )
})
