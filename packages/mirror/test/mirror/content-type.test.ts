import { expect, test } from 'vitest'
import { contentType } from '../../src/mirror/content-type.js'

test.each([
  ['/index.html', 'text/html; charset=utf-8'],
  ['/style.css', 'text/css; charset=utf-8'],
  ['/app.js', 'text/javascript; charset=utf-8'],
  ['/app.mjs', 'text/javascript; charset=utf-8'],
  ['/app.cjs', 'text/javascript; charset=utf-8'],
  ['/notes.txt', 'text/plain; charset=utf-8'],
  ['/data.json', 'application/json; charset=utf-8'],
  ['/app.js.map', 'application/json; charset=utf-8'],
  ['/site.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['/sitemap.xml', 'application/xml'],
  ['/feed.atom', 'application/atom+xml'],
  ['/logo.svg', 'image/svg+xml'],
  ['/photo.avif', 'image/avif'],
  ['/PHOTO.JPG', 'image/jpeg'],
  ['/favicon.ico', 'image/x-icon'],
  ['/font.woff2', 'font/woff2'],
  ['/app.wasm', 'application/wasm'],
  ['/archive.tar.gz', 'application/gzip'],
  ['/old.eot', 'application/vnd.ms-fontobject'],
  ['/live.m3u8', 'application/vnd.apple.mpegurl'],
  ['/card.vcf', 'text/vcard; charset=utf-8'],
  ['/map.topojson', 'application/json; charset=utf-8'],
  ['/film.srt', 'text/plain; charset=utf-8'],
  ['/captions.vtt', 'text/vtt; charset=utf-8'],
  ['/table.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['/app.js.br', 'application/octet-stream'],
  ['/LICENSE', 'application/octet-stream'],
  ['/html', 'application/octet-stream'],
  ['/v1.html/LICENSE', 'application/octet-stream'],
  ['/what.ever', 'application/octet-stream'],
  ['/x.constructor', 'application/octet-stream'],
  ['/x.__proto__', 'application/octet-stream'],
  ['/x.', 'application/octet-stream']
])('%s is %s', (path, type) => {
  expect(contentType(path)).toBe(type)
})
