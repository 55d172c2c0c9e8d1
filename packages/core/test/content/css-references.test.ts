import { expect, test } from 'vitest'
import { cssReferences } from '../../src/content/css-references.js'

const urls = (css: string) => cssReferences(css).map(({ url }) => url)

test('url() and @import are references, however they are quoted', () => {
  expect(
    urls(
      `@import "a.css"; @import url(b.css) print; p { background: url( 'c d.png' ), URL(e\\29 .png) } q { src: url("f.woff2") }`
    )
  ).toEqual(['a.css', 'b.css', 'c d.png', 'e).png', 'f.woff2'])
})

test('comments, strings, fragments and data are none', () => {
  expect(
    urls(
      `/* url(a) @import "a" */ p::after { content: "url(a)"; mask: url(#a); background: url(data:image/png;base64,AA) }`
    )
  ).toEqual([])
})

test('lines are counted', () => {
  expect(
    cssReferences('a{}\n\nb{background:url(x)}\nc{background:url(y)}', 10).map(({ line }) => line)
  ).toEqual([12, 13])
})

test.each([
  ['/*'.repeat(200_000)],
  ['url('.repeat(200_000)],
  ["'\\".repeat(200_000)],
  ['@import '.repeat(200_000)],
  [`url(${' '.repeat(400_000)}`]
])('what nothing ends is read once', (css) => {
  expect(cssReferences(css).length).toBeLessThan(200_001)
})
