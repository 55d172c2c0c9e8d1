import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { SitedriveError } from '../src/error.js'
import { createPreview, parsePreviewLink } from '../src/preview-entry.js'
import { openPreview, shownBy, testDht, Viewer } from './support/preview.js'
import { until, Workshop } from './support/workshop.js'

const SITE = { 'index.html': '<h1>one</h1>', 'about.html': '<p>about</p>', 'style.css': 'p { color: red }' }

function storeText(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => readFileSync(path.join(item.parentPath, item.name), 'latin1'))
    .join('\n')
}

describe('a preview', () => {
  test('shows what the folder holds after each update, and tells what changed', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    const first = await preview.update(author.dir)
    expect(first.changes.map(({ op }) => op)).toEqual(['add', 'add', 'add'])
    author.write({ 'index.html': '<h1>two</h1>', 'new.html': 'new' })
    author.remove('about.html')
    const { changes } = await preview.update(author.dir)
    expect(changes.map(({ op, path: name }) => `${op} ${name}`).toSorted()).toEqual([
      'add /new.html',
      'change /index.html',
      'remove /about.html'
    ])
    expect(await shownBy(preview)).toEqual(author.onDisk())
  })

  test('of a rebuild that wrote the same bytes again is no new state', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    const { version } = await preview.update(author.dir)
    author.write(SITE)
    expect(await preview.update(author.dir)).toEqual({ version, changes: [] })
  })

  test('knows which sources its pages were made of, bit by bit as builds tell', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    expect(preview.sources).toEqual({})
    await preview.update(author.dir, undefined, { '/index.html': 'index.md', '/about.html': 'about.md' })
    await preview.update(author.dir, ['/about.html'], { '/about.html': 'pages/about.md' })
    await preview.update(author.dir)
    expect(preview.sources).toEqual({ '/index.html': 'index.md', '/about.html': 'pages/about.md' })
  })

  test('looks at once at what the generator touched, and soon after at everything else', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    author.write({ 'index.html': 'touched', 'about.html': 'written by another program' })
    const { changes } = await preview.update(author.dir, ['/index.html'])
    expect(changes.map((change) => change.path)).toEqual(['/index.html'])
    await until(async () => (await shownBy(preview))['about.html'] === 'written by another program')
  })

  test('takes out a touched file that is gone, and keeps what is left out of it, as a publish does', async () => {
    const author = new Workshop({ ...SITE, '.env': 'secret', 'node_modules/a.js': 'x' })
    const preview = await openPreview(author)
    await preview.update(author.dir)
    author.remove('about.html')
    await preview.update(author.dir, ['/about.html', '/.env', '/node_modules/a.js', '/missing/file.html'])
    expect(Object.keys(await shownBy(preview)).toSorted()).toEqual(['index.html', 'style.css'])
  })

  test('merges updates that come while one is written: none is lost', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    const updates = []
    for (let n = 0; n < 20; n++) {
      author.write({ [`page-${n}.html`]: `page ${n}` })
      updates.push(preview.update(author.dir, [`/page-${n}.html`]))
    }
    await Promise.all(updates)
    expect(await shownBy(preview)).toEqual(author.onDisk())
  })

  test('is not read while a build runs: the pages of two builds never mix', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    author.write({ 'index.html': 'two' })
    let shown = 0
    preview.onShown(() => shown++)
    await nextTurn() // nothing else runs: the folder is read from the first moment on
    const update = preview.update(author.dir)
    preview.building()
    const endsAt = Date.now() + 300 // an update takes some milliseconds
    await until(() => Date.now() > endsAt)
    expect(shown).toBe(0)
    author.write({ 'index.html': 'three', 'about.html': 'three' })
    await preview.update(author.dir)
    await update
    expect(await shownBy(preview)).toMatchObject({ 'index.html': 'three', 'about.html': 'three' })
  })

  test('does not show a file that a program has emptied and is about to write, when that is heard of only after the read', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    const sizes: number[] = []
    preview.onShown(({ changes }) => sizes.push(...changes.map(({ bytes }) => bytes)))
    const watcher = watch(author.dir, () => preview.building())
    author.write({ 'index.html': '' })
    const update = preview.update(author.dir) // reads at once, before this process hears that the file was emptied
    await until(() => preview.isBuilding)
    watcher.close()
    author.write({ 'index.html': 'two' })
    await preview.update(author.dir)
    await update
    expect(sizes).toEqual(['two'.length])
  })

  test('is read no further when a build begins: its update does not wait for that, and nothing is stored twice', async () => {
    const megabytes = Array.from({ length: 8 }, (_, n) => [`${n}.bin`, String(n).padEnd(1_048_576, `${n} `)])
    const author = new Workshop(Object.fromEntries(megabytes) as Record<string, string>)
    const preview = await openPreview(author)
    const update = preview.update(author.dir)
    preview.building()
    await preview.update(author.dir)
    await update
    const blocks = 8 * 16 // of 64 kB
    expect(preview.shown?.state.blobsLength).toBeGreaterThanOrEqual(blocks)
    expect(preview.shown?.state.blobsLength).toBeLessThan(blocks * 1.5)
  })

  test('says that a build is over which changed nothing', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    const said: boolean[] = []
    preview.onBuilding(() => said.push(preview.isBuilding))
    preview.building()
    await preview.update(author.dir)
    expect(said).toEqual([true, false])
  })

  test('says why a build failed over the last good pages, until the next good build', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    preview.building()
    await preview.failed({ message: 'unexpected tag', file: 'about.md', line: 3 })
    expect(preview.shown?.status.failure).toEqual({
      message: 'unexpected tag',
      file: 'about.md',
      line: 3,
      column: null
    })
    expect(await shownBy(preview)).toEqual(author.onDisk())
    await preview.update(author.dir)
    expect(preview.shown?.status.failure).toBeNull()
  })

  test('never shows what a build left that failed or was cut off while the one before was still read', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    for (const end of ['failed', 'closed']) {
      await nextTurn() // nothing else runs: the folder is read from the first moment on
      author.write({ 'index.html': `before ${end}` })
      const update = preview.update(author.dir)
      preview.building()
      author.write({ 'about.html': 'half a page', 'index.html': `by the build that ${end}` })
      if (end === 'failed') await preview.failed({ message: 'no' })
      else await preview.close()
      await update
      if (end === 'failed') expect((await shownBy(preview))['about.html']).toBe('<p>about</p>')
    }
    const next = await openPreview(author)
    expect((await shownBy(next))['about.html']).toBe('<p>about</p>')
    await next.update(author.dir, ['/index.html'])
    await until(async () => (await shownBy(next))['about.html'] === 'half a page')
  })

  test('goes on saying why a build failed, whatever else of the folder was still to be looked at', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    author.write({ 'index.html': 'two' })
    await preview.update(author.dir, ['/index.html'])
    preview.building()
    author.write({ 'about.html': 'left by the build that failed' })
    await preview.failed({ message: 'no' })
    const endsAt = Date.now() + 1500 // longer than the folder is left alone
    await until(() => Date.now() > endsAt)
    expect(preview.shown?.status.failure?.message).toBe('no')
    expect((await shownBy(preview))['about.html']).toBe('<p>about</p>')
  })

  test('survives the folder being deleted and made again', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await preview.update(author.dir)
    renameSync(author.dir, `${author.dir}-away`)
    const update = preview.update(author.dir)
    mkdirSync(author.dir)
    await preview.update(author.dir)
    await update
    expect(Object.keys(await shownBy(preview))).toHaveLength(3)
    author.write({ 'index.html': 'again' })
    await preview.update(author.dir)
    expect(await shownBy(preview)).toEqual({ 'index.html': 'again' })
  })

  test('has the same link tomorrow, and uploads nothing again', async () => {
    const author = new Workshop(SITE)
    const first = await openPreview(author)
    await first.update(author.dir)
    await first.close()
    const second = await openPreview(author)
    expect(second.link).toBe(first.link)
    expect((await second.update(author.dir)).changes).toEqual([])
    expect(await shownBy(second)).toEqual(author.onDisk())
  })

  test('of a folder that was damaged on disk is made anew under the same link', async () => {
    const author = new Workshop(SITE)
    const first = await openPreview(author)
    await first.update(author.dir)
    await first.close()
    for (const item of readdirSync(author.home, { recursive: true, withFileTypes: true })) {
      if (item.isFile() && /\.(sst|log)$/.test(item.name))
        writeFileSync(path.join(item.parentPath, item.name), 'x')
    }
    for (const item of readdirSync(author.home, { recursive: true, withFileTypes: true })) {
      if (item.name === 'CURRENT') writeFileSync(path.join(item.parentPath, item.name), 'nonsense\n')
    }
    const second = await openPreview(author)
    await second.update(author.dir)
    expect(second.link).toBe(first.link)
    expect(await shownBy(second)).toEqual(author.onDisk())
  })

  test('gets another key and secret with a new link, and the old one shows nothing new', async () => {
    const author = new Workshop(SITE)
    const bootstrap = await testDht()
    const first = await openPreview(author, { bootstrap })
    await first.update(author.dir)
    const viewer = await Viewer.open(first.link, bootstrap)
    await until(() => viewer.whole !== null)
    await first.close()
    const second = await openPreview(author, { bootstrap, newLink: true })
    author.write({ 'index.html': 'for others' })
    await second.update(author.dir)
    expect(parsePreviewLink(second.link).key).not.toBe(parsePreviewLink(first.link).key)
    const other = await Viewer.open(second.link, bootstrap)
    await until(async () => (await other.files())['index.html'] === 'for others')
    expect((await viewer.files())['index.html']).toBe('<h1>one</h1>')
  })

  test('is open in one process at a time; the other hears in which', async () => {
    const author = new Workshop(SITE)
    const first = await openPreview(author)
    await expect(openPreview(author)).rejects.toMatchObject({
      code: 'PREVIEW_RUNNING',
      message: expect.stringContaining(`process ${process.pid}`)
    })
    await first.close()
    await expect(openPreview(author)).resolves.toBeDefined()
  })

  test('is kept on the disk without a readable name or word of the site', async () => {
    const author = new Workshop({ 'hidden-name.html': 'a very particular sentence' })
    const preview = await openPreview(author)
    await preview.update(author.dir)
    await preview.close()
    const text = storeText(path.join(author.home, 'previews'))
    expect(text).not.toContain('a very particular sentence')
    rmSync(path.join(author.home, 'previews'), { recursive: true })
    expect(text.replaceAll(/"\/hidden-name\.html"/g, '')).not.toContain('hidden-name') // the cache of the scan names files
  })

  test('refuses to show the data directory', async () => {
    const author = new Workshop(SITE)
    const preview = await openPreview(author)
    await expect(preview.update(author.root)).rejects.toMatchObject({ code: 'DIR_OVERLAP' })
  })
})

describe('a viewer with the link', () => {
  test('gets every update, whole, over the network', async () => {
    const author = new Workshop(SITE)
    const bootstrap = await testDht()
    const preview = await openPreview(author, { bootstrap })
    await preview.update(author.dir)
    const viewer = await Viewer.open(preview.link, bootstrap)
    await until(() => viewer.whole !== null)
    for (let n = 0; n < 20; n++) {
      author.write({ 'index.html': `update ${n}`, 'about.html': `update ${n}` })
      await preview.update(author.dir)
    }
    await until(async () => (await viewer.files())['index.html'] === 'update 19')
    expect(await viewer.files()).toEqual(author.onDisk())
    expect(preview.peers).toBe(1)
  })

  test('and anybody with the key alone cannot end the author’s process by what they say', async () => {
    const author = new Workshop(SITE)
    const bootstrap = await testDht()
    const preview = await openPreview(author, { bootstrap })
    await preview.update(author.dir)
    const viewer = await Viewer.open(preview.link, bootstrap)
    await until(() => viewer.whole !== null)
    const extension = viewer.drive
      .coreOf('index')
      .registerExtension('sitedrive/preview/1', { encoding: 'utf-8', onmessage: () => {} })
    for (const text of ['{not json', '', 'null', '[]', '"x"', '{"state":{}}']) extension.broadcast(text)
    author.write({ 'index.html': 'still here' })
    await preview.update(author.dir)
    await until(async () => (await viewer.files())['index.html'] === 'still here')
  })

  test('follows an author who restarts', async () => {
    const author = new Workshop(SITE)
    const bootstrap = await testDht()
    const first = await openPreview(author, { bootstrap })
    await first.update(author.dir)
    const viewer = await Viewer.open(first.link, bootstrap)
    await until(() => viewer.whole !== null)
    await first.close()
    const second = await openPreview(author, { bootstrap })
    author.write({ 'index.html': 'after the restart' })
    await second.update(author.dir)
    await until(async () => (await viewer.files())['index.html'] === 'after the restart')
    expect(viewer.conflicts).toBe(0)
  })

  test.each([
    ['', 'BAD_KEY'],
    ['hyper://yyyy/#aaa', 'BAD_KEY'],
    ['without', 'BAD_LINK'],
    ['cut', 'BAD_LINK'],
    ['mistyped', 'BAD_LINK']
  ])('whose link is %j hears so', async (kind, code) => {
    const author = new Workshop(SITE)
    const { link } = await openPreview(author)
    const last = link.at(-1) === 'y' ? 'b' : 'y'
    const links: Record<string, string> = {
      without: link.replace(/#.*/, ''),
      cut: link.slice(0, -1),
      mistyped: link.slice(0, -1) + last
    }
    const given = links[kind] ?? kind
    expect(() => parsePreviewLink(given)).toThrowError(expect.objectContaining({ code }))
    expect(() => parsePreviewLink(given)).not.toThrowError(new RegExp(link.slice(-20)))
  })
})

test.each([
  'y'.repeat(56),
  `hyper://${'y'.repeat(51)}/#${'b'.repeat(56)}`,
  `hyper://${'b'.repeat(52)}/#${'y'.repeat(56)}`
])('a link that may be a secret, as a whole or in part, is never repeated by an error: %s', (given) => {
  expect(() => parsePreviewLink(given)).toThrowError(SitedriveError)
  expect(() => parsePreviewLink(given)).not.toThrowError(/[yb]{24}/)
})

test('two previews of two folders have nothing in common', async () => {
  const one = new Workshop(SITE)
  const other = new Workshop(SITE, one.home)
  const first = await openPreview(one)
  const second = await createPreview({ projectDir: other.projectDir, env: other.env, bootstrap: null })
  await second.close()
  expect(second.link).not.toBe(first.link)
})
