import { expect, test } from 'vitest'
import { KnownPaths } from '../../src/content/known-paths.js'
import { NearestPath } from '../../src/content/nearest-path.js'

const near = (...files: string[]) => new NearestPath(new KnownPaths(new Set(files)))

test.each([
  ['/posts/helo/', ['/posts/hello/index.html'], '/posts/hello/index.html'],
  ['/old/hello/', ['/posts/hello.html', '/hello.png'], '/posts/hello.html'],
  ['/a/logo.png', ['/b/logo.png', '/a/b/logo.png', '/logo/index.html'], '/a/b/logo.png'],
  ['/a/looo.png', ['/b/logo.png', '/logo.html'], '/b/logo.png'],
  ['/entirely-different/', ['/posts/hello.html'], null],
  ['/', ['/a/index.html'], null]
])('%s was most likely meant to lead, of %j, to %s', (path, files, expected) => {
  expect(near(...files).to(path)).toBe(expected)
})

test('of a large site with many links to nowhere, the first are suggested for, and the others cost nothing', () => {
  const files = Array.from({ length: 10_000 }, (_, n) => `/${n}/post-number-${10_000 + n}.html`)
  const nearest = near(...files)
  expect(nearest.to('/post-nubmer-10001/')).toBe('/1/post-number-10001.html')
  const found = Array.from({ length: 20_000 }, (_, n) => nearest.to(`/pust-nunber-${10_000 + n}/`))
  expect(found[0]).not.toBeNull()
  expect(found.slice(100).every((path) => path === null)).toBe(true)
})
