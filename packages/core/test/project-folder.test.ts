import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectMarks } from '../src/publish/refuse-project-folder.js'
import { codeOfRejection, tempDir, Workshop } from './support/workshop.js'

const PAGE = { 'index.html': '<h1>Home</h1>' }

describe('a folder is a project', () => {
  test.each([
    [['package.json']],
    [['node_modules']],
    [['pnpm-lock.yaml']],
    [['_config.yml']],
    [['_config.toml']],
    [['.eleventy.js']],
    [['eleventy.config.js']],
    [['eleventy.config.mjs']],
    [['vite.config.ts']],
    [['astro.config.mjs']],
    [['svelte.config.js']],
    [['next.config.ts']],
    [['nuxt.config.ts']],
    [['docusaurus.config.js']],
    [['gatsby-config.js']],
    [['.vitepress']],
    [['hugo.toml']],
    [['mkdocs.yml']],
    [['pelicanconf.py']],
    [['book.toml']],
    [['config.toml', 'content']],
    [['config.yaml', 'themes']],
    [['_site', 'index.md']],
    [['conf.py', 'index.rst']]
  ])('by %j', (names) => {
    expect(projectMarks(['index.html', 'about', ...names])[0]).toBe(names[0])
  })

  test.each([
    [
      'hand-written pages',
      ['index.html', 'sitedrive.json', '.sitedriveignore', '.git', 'README.md', 'LICENSE']
    ],
    [
      'what Eleventy and Jekyll write',
      ['index.html', 'feed.xml', 'assets', 'Gemfile', '_redirects', '_headers']
    ],
    [
      'what Vite writes',
      ['index.html', 'assets', 'vite.svg', 'manifest.webmanifest', '.vite', 'app.config.js']
    ],
    ['a downloaded site', ['index.html', 'config.toml', 'config.json', '_site', 'dist', 'build', 'conf.py']]
  ])('not by %s', (_name, names) => {
    expect(projectMarks(names)).toEqual([])
  })

  test('by what says most of it first', () => {
    const names = ['yarn.lock', 'node_modules', 'package.json', 'src', 'vite.config.ts']
    expect(projectMarks(names)).toEqual(['vite.config.ts', 'package.json', 'node_modules', 'yarn.lock'])
  })
})

/** What changes with every signature, and with every publish. */
function signedState({ paths }: Workshop): string[] {
  return [paths.head, paths.cache].map((file) => readFileSync(file, 'latin1'))
}

describe('publishing a project folder', () => {
  test('is refused on a terminal too, naming what was found, what may be meant and how it is allowed', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'package.json'), '{}')
    const publisher = shop.publisher({ confirm: async () => true })
    const refusal = publisher.publish('.')
    await expect(refusal).rejects.toMatchObject({
      code: 'DIR_IS_PROJECT',
      remedy: { action: 'allow project', sentence: 'Or allow it with {}.' }
    })
    const message = await refusal.catch((error: Error) => error.message)
    for (const part of ['`package.json`', `\`${shop.dir}\``, '.sitedriveignore'])
      expect(message).toContain(part)
  })

  test('makes no key and signs nothing', async () => {
    const fresh = new Workshop(PAGE)
    writeFileSync(path.join(fresh.projectDir, 'package.json'), '{}')
    expect(await codeOfRejection(fresh.publisher().publish('.'))).toBe('DIR_IS_PROJECT')
    expect(existsSync(fresh.home)).toBe(false)
    expect(existsSync(path.join(fresh.projectDir, 'sitedrive.json'))).toBe(false)

    const shop = new Workshop(PAGE)
    await shop.publish()
    const before = signedState(shop)
    mkdirSync(path.join(shop.projectDir, 'node_modules'))
    expect(await codeOfRejection(shop.publisher().publish('.'))).toBe('DIR_IS_PROJECT')
    expect(signedState(shop)).toEqual(before)
    expect(await shop.published()).toEqual(PAGE)
  })

  test('is refused by another name of the folder as well', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'mkdocs.yml'), '')
    symlinkSync(shop.projectDir, path.join(shop.root, 'alias'))
    for (const dir of ['../project', '../alias', shop.projectDir])
      expect(await codeOfRejection(shop.publisher().publish(dir))).toBe('DIR_IS_PROJECT')
  })

  test('is refused of a folder around it, whatever that holds', async () => {
    const shop = new Workshop(PAGE)
    const message = shop
      .publisher()
      .publish('..')
      .catch((error: Error) => error.message)
    expect(await codeOfRejection(shop.publisher({ env: { SITEDRIVE_HOME: tempDir() } }).publish('..'))).toBe(
      'DIR_IS_PROJECT'
    )
    // The data directory lies there as well, and is told first.
    expect(await message).toContain('data directory')
  })

  test("is refused of another site's folder, but not of one with a copy of its own file", async () => {
    const shop = new Workshop(PAGE)
    await shop.publish()
    const own = readFileSync(path.join(shop.projectDir, 'sitedrive.json'))
    writeFileSync(path.join(shop.dir, 'sitedrive.json'), own)
    shop.write({ 'index.html': '2' })
    expect(await shop.publish()).toMatchObject({ changed: 1 })

    const other = new Workshop({ 'index.html': 'other' })
    await other.publish()
    const where = path.relative(shop.projectDir, other.projectDir)
    expect(await codeOfRejection(shop.publisher().publish(where))).toBe('DIR_IS_PROJECT')
  })

  test('goes through when it is allowed by name', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'package.json'), '{}')
    shop.env['SITEDRIVE_ALLOW'] = 'project'
    expect(await shop.publisher().publish('.')).toMatchObject({ status: 'published', release: 1 })
    expect(Object.keys(await shop.published()).toSorted()).toEqual(['_site/index.html', 'package.json'])
  })

  test('goes through when all that marks it is left out by name', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'index.html'), 'hand-written')
    writeFileSync(path.join(shop.projectDir, 'package.json'), '{}')
    mkdirSync(path.join(shop.projectDir, 'node_modules'))
    const ignoreFile = path.join(shop.projectDir, '.sitedriveignore')
    writeFileSync(ignoreFile, 'node_modules\n')
    expect(await codeOfRejection(shop.publisher().publish('.'))).toBe('DIR_IS_PROJECT')
    writeFileSync(ignoreFile, 'node_modules/\npackage.json\n')
    await shop.publisher().publish('.')
    expect(Object.keys(await shop.published()).toSorted()).toEqual(['_site/index.html', 'index.html'])
  })

  test.each([
    ['package.json', 'package.json'],
    ['node_modules/prismjs/prism.js', 'node_modules/prismjs/prism.js']
  ])('goes through with %s when the line of the refusal lets it in', async (name, published) => {
    const shop = new Workshop(PAGE)
    const file = path.join(shop.projectDir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, '{}')
    const message = await shop
      .publisher()
      .publish('.')
      .then(
        () => '',
        (error: Error) => error.message
      )
    const [, line] = /with `!` \(`(.*?)`\)/.exec(message) ?? []
    writeFileSync(
      path.join(shop.projectDir, '.sitedriveignore'),
      String(line).replace('<package>', 'prismjs') + '\n'
    )
    await shop.publisher().publish('.')
    expect(Object.keys(await shop.published()).toSorted()).toEqual(['_site/index.html', published])
  })

  test('takes hand-written pages beside a sitedrive.json', async () => {
    const shop = new Workshop()
    writeFileSync(path.join(shop.projectDir, 'index.html'), 'hand-written')
    for (const release of [1, 2]) {
      writeFileSync(path.join(shop.projectDir, 'index.html'), `${release}`)
      expect(await shop.publisher().publish('.')).toMatchObject({ release })
    }
    expect(Object.keys(await shop.published())).toEqual(['index.html'])
  })

  test('does not ask the rest of the folder: examples in an output are its own', async () => {
    const shop = new Workshop({
      ...PAGE,
      'downloads/starter/package.json': '{}',
      'downloads/starter/node_modules/a.js': 'a'
    })
    expect(await shop.publish()).toMatchObject({ added: 2 })
  })

  test('is what a review refuses, too', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'package.json'), '{}')
    expect(await codeOfRejection(shop.publisher().review('.'))).toBe('DIR_IS_PROJECT')
  })

  test('is not what a build without the right to publish is refused for', async () => {
    const shop = new Workshop(PAGE)
    writeFileSync(path.join(shop.projectDir, 'package.json'), '{}')
    const env = { ...shop.env, CI: 'true' }
    expect(await shop.publisher({ env }).publish('.')).toMatchObject({ status: 'skipped' })
  })
})

test('a file that the generator copied from the project into its output, beside a page, tells nothing', async () => {
  const shop = new Workshop({ 'index.html': 'a page', 'package.json': '{"name":"blog"}' })
  writeFileSync(path.join(shop.projectDir, 'package.json'), '{"name":"blog"}')
  expect((await shop.publish()).release).toBe(1)
  writeFileSync(path.join(shop.projectDir, 'package.json'), '{"name":"another"}')
  shop.write({ 'index.html': 'a page, edited' })
  expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('DIR_IS_PROJECT')
})
