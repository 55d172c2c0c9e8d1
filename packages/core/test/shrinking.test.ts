import { describe, expect, test } from 'vitest'
import { gonePaths, movedPaths } from '../src/publish/refuse-shrinking.js'
import type { KnownFile } from '../src/folder/scan-cache.js'
import { codeOfRejection, Workshop, type Files } from './support/workshop.js'

const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 1 }
const stamp = { size: 1, mtimeMs: 0, ctimeMs: 0, ino: 0 }

/** A release, by path the hash of each file. */
function release(files: Record<string, string>): Map<string, KnownFile> {
  return new Map(Object.entries(files).map(([path, hash]) => [path, { hash, blob, stamp: null }]))
}

function walked(...paths: string[]) {
  return { files: paths.map((path) => ({ path, ...stamp })) }
}

describe('a path is gone', () => {
  test('when no file has it any more, whatever lies elsewhere', async () => {
    const known = release({ '/a.html': 'a', '/b.html': 'b' })
    expect(await gonePaths(walked('/v2/a.html', '/b.html'), known)).toEqual(['/a.html'])
  })

  test('not when it has another hash in its name only', async () => {
    const known = release({
      '/index.html': 'i',
      '/assets/index-BxK3v9Qz.js': 'j',
      '/assets/main.4f9a2c81.css': 'c'
    })
    const now = walked('/index.html', '/assets/index-D4kPq7Zt.js', '/assets/main.9c03be77.css')
    expect(await gonePaths(now, known)).toEqual([])
    expect(await gonePaths(walked('/index.html'), known)).toHaveLength(2)
  })

  test('and has moved when its content lies elsewhere: best at a new path that ends alike', () => {
    const known = release({ '/a/x.html': '1', '/b.html': '2', '/c.html': '3', '/kept.html': '3' })
    const files = new Map(
      Object.entries({ '/copy.html': '1', '/_site/a/x.html': '1', '/kept.html': '3' }).map(([path, hash]) => [
        path,
        { hash, blob, stamp: null }
      ])
    )
    expect(movedPaths(['/a/x.html', '/b.html', '/c.html'], known, { files })).toEqual([
      { from: '/a/x.html', to: '/_site/a/x.html' },
      { from: '/c.html', to: '/kept.html' }
    ])
  })
})

describe('a publish that takes away most paths', () => {
  const blog = (folder: string): Files =>
    Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${folder}/${name}.html`, `<h1>${name}</h1>`]))

  test('is refused though all content lies under other paths, and says where', async () => {
    const shop = new Workshop({ ...blog('blog'), 'index.html': 'Home' })
    await shop.publish()
    shop.remove('blog')
    shop.write(blog('posts'))
    const refusal = shop.publish()
    await expect(refusal).rejects.toMatchObject({
      code: 'SHRINK_REFUSED',
      remedy: { action: 'allow shrink', sentence: 'If they are meant to move or go, publish once with {}.' }
    })
    const message = await refusal.catch((error: Error) => error.message)
    expect(message).toContain("lacks 4 of the site's 5 files")
    expect(message).toContain('4 of them lie under other paths now, e.g. `/blog/a.html` -> `/posts/a.html`')
    expect(Object.keys(await shop.published())).toContain('blog/a.html')
  })

  test('is asked about once, with the same words, and goes on with a yes', async () => {
    const shop = new Workshop(blog('blog'))
    await shop.publish()
    shop.remove('blog')
    shop.write(blog('posts'))
    const questions: string[] = []
    const confirm = async (question: string) => questions.push(question) > 0
    expect(await shop.publish({ confirm })).toMatchObject({ added: 4, removed: 4, bytesWritten: 0 })
    expect(questions).toEqual([expect.stringContaining('`/blog/a.html` -> `/posts/a.html`')])
  })

  test('is not what an app is refused for whose files have other hashes in their names after each build', async () => {
    const shop = new Workshop({
      'index.html': '1',
      'assets/index-BxK3v9Qz.js': '1',
      'assets/index-C9dLw2Xe.css': '1'
    })
    await shop.publish()
    shop.remove('assets')
    shop.write({ 'index.html': '2', 'assets/index-D4kPq7Zt.js': '2', 'assets/index-Hf3Kx8Vb.css': '2' })
    expect(await shop.publish()).toMatchObject({ added: 2, changed: 1, removed: 2 })
  })

  test('is refused when the folder around the output is published by mistake', async () => {
    const shop = new Workshop({ 'index.html': 'Home', 'about.html': 'Me' })
    await shop.publish()
    expect(await codeOfRejection(shop.publisher().publish('.'))).toBe('SHRINK_REFUSED')
  })
})
