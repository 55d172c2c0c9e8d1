import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasPage } from '../src/publish/refuse-no-pages.js'
import { initProject } from '../src/identity/key-custody.js'
import { walk } from '../src/folder/walk.js'
import { codeOfRejection, Workshop, type Files } from './support/workshop.js'

const PAGELESS = { 'notes.md': '# Notes', 'photo.png': 'P' }

describe('a page is', () => {
  test.each<[string, Files, boolean]>([
    ['a file that ends in .html', { 'deep/a.html': '' }, true],
    ['one that ends in .HTM or .xhtml', { 'A.HTM': '' }, true],
    ['HTML without an ending', { about: '\uFEFF <!-- made -->\n<!-- by hand --><!DOCTYPE html><p>Hi' }, true],
    ['no text without an ending', { LICENSE: 'MIT', CNAME: 'example.org' }, false],
    ['no Markdown, feed or picture', { 'a.md': '<html>', 'feed.xml': '<html>', 'a.svg': '<svg/>' }, false],
    ['nothing in an empty folder', {}, false],
    ['no comment that never ends, however many there are', { a: '<!-- -->'.repeat(60) }, false]
  ])('%s', (_name, files, expected) => {
    expect(hasPage(walk(new Workshop(files).dir))).toBe(expected)
  })
})

describe('a first release without any page', () => {
  test('is refused where nobody can be asked, before a key is made', async () => {
    const shop = new Workshop(PAGELESS)
    const refusal = shop.publisher().publish(shop.dir)
    await expect(refusal).rejects.toMatchObject({ code: 'NO_PAGES', remedy: { action: 'allow no-pages' } })
    const message = await refusal.catch((error: Error) => error.message)
    for (const part of [`\`${shop.dir}\``, '2 other files', '`/notes.md`']) expect(message).toContain(part)
    expect(existsSync(shop.home)).toBe(false)
    expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
  })

  test('is refused of a site that has its key already, with nothing signed', async () => {
    const shop = new Workshop(PAGELESS)
    await initProject({ projectDir: shop.projectDir, env: shop.env })
    expect(await codeOfRejection(shop.publish())).toBe('NO_PAGES')
    expect(await codeOfRejection(shop.publish({ allow: { 'no-pages': true } }))).toBe('no error')
    expect(await shop.record()).toMatchObject({ release: 1 })
  })

  test.each([true, false])('asks once on a terminal: %s', async (isYes) => {
    for (const hasKey of [true, false]) {
      const shop = new Workshop(PAGELESS)
      if (hasKey) await initProject({ projectDir: shop.projectDir, env: shop.env })
      const questions: string[] = []
      const confirm = async (question: string) => (questions.push(question), isYes)
      expect(await codeOfRejection(shop.publish({ confirm }))).toBe(isYes ? 'no error' : 'NO_PAGES')
      expect(questions).toEqual([expect.stringContaining('no HTML page')])
    }
  })

  test('goes through when it is allowed by name', async () => {
    const shop = new Workshop(PAGELESS)
    shop.env['SITEDRIVE_ALLOW'] = 'no-pages'
    expect(await shop.publish()).toMatchObject({ release: 1, added: 2 })
  })

  test('that was allowed once is no matter of later releases', async () => {
    const shop = new Workshop(PAGELESS)
    await shop.publish({ allow: { 'no-pages': true } })
    shop.write({ 'notes.md': '# More notes' })
    expect(await shop.publish()).toMatchObject({ release: 2, changed: 1 })
  })

  test('is read again when another build is about to write the pages', async () => {
    const shop = new Workshop(PAGELESS)
    const publishing = shop.publish()
    setImmediate(() => shop.write({ 'index.html': 'Hi' })) // after the walk, which is synchronous
    expect(await publishing).toMatchObject({ release: 1, added: 3 })
  })

  test('needs one word alone when the folder is empty', async () => {
    expect(await new Workshop().publish({ allow: { empty: true } })).toMatchObject({ release: 1, added: 0 })
  })
})

test('a release that takes the last page away is refused, unless it is allowed', async () => {
  const shop = new Workshop({ 'index.html': 'a page', 'a.css': 'a{}', 'b.css': 'b{}', 'c.css': 'c{}' })
  await shop.publish()
  shop.remove('index.html')
  expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('NO_PAGES')
  expect(await shop.publish({ allow: { 'no-pages': true } })).toMatchObject({ release: 2, removed: 1 })
})
