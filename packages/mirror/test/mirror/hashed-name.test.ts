import { expect, test } from 'vitest'
import { isFingerprinted } from '../../src/mirror/hashed-name.js'

test.each([
  ['/assets/app-BK3f9xQz.js', true],
  ['/style.3f2a9c1b.css', true],
  ['/chunk-7QXT3KPA.mjs', true],
  ['/_app/start.BK3f9xQz.js.map', true],
  ['/main.8e2f4b1a9c3d.min.js', true],
  ['/_next/webpack-3f2a9c1b0d1e2f3a.js', true],
  ['/img/photo.3f2a9c1b.avif', true],
  ['/page-3f2a9c1b.html', false],
  ['/page-3f2a9c1b', false],
  ['/3f2a9c1b.css', false],
  ['/report-20240131.pdf', false],
  ['/report-2024-01-31.pdf', false],
  ['/holiday-DSC00012.jpg', false],
  ['/guide-JavaScript.js', false],
  ['/jquery-3.7.1.min.js', false],
  ['/fonts/inter-semibold.woff2', false],
  ['/lib-v2beta3rc1.js', false],
  ['/BK3f9xQz/app.js', false],
  ['/app.js', false],
  ['/.hidden-3f2a9c1b.js', false]
])('%s is fingerprinted: %s', (path, expected) => {
  expect(isFingerprinted(path)).toBe(expected)
})
