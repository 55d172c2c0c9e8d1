import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createPreview } from '@sitedrive/core/preview'
import { temporaryFolder, until, writeFiles } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { watchFolder, type WatchFolderOptions } from '../src/watch-folder.js'

/** A watched folder, and what was told of it. */
class Watched {
  readonly dir: string
  readonly told: (ReadonlySet<string> | null | 'busy' | 'missing')[] = []
  onSettled = (): unknown => undefined

  constructor(dir = path.join(temporaryFolder(), 'dist'), options: Partial<WatchFolderOptions> = {}) {
    this.dir = dir
    const watch = watchFolder(dir, {
      settleMs: 150,
      onBusy: () => this.told.push('busy'),
      onMissing: () => this.told.push('missing'),
      onSettled: (touched) => {
        this.told.push(touched)
        this.onSettled()
      },
      ...options
    })
    onTestFinished(() => watch.close())
  }

  write(files: Record<string, string>): void {
    writeFiles(this.dir, files)
  }

  get settled(): (ReadonlySet<string> | null)[] {
    return this.told.filter((each) => typeof each !== 'string')
  }

  get busy(): number {
    return this.told.filter((each) => each === 'busy').length
  }

  /** Waits until the folder has settled once more than at some moment. */
  async settles(count = 1): Promise<ReadonlySet<string> | null> {
    await until(() => this.settled.length >= count, { describe: () => JSON.stringify(this.told) })
    return this.settled.at(-1) ?? null
  }

  /** Does something, and waits for what is told of it. */
  async after(deed: () => void): Promise<ReadonlySet<string> | null> {
    const before = this.settled.length
    deed()
    return this.settles(before + 1)
  }
}

async function watched(files: Record<string, string>): Promise<Watched> {
  const dir = path.join(temporaryFolder(), 'dist')
  mkdirSync(dir)
  writeFiles(dir, files)
  const folder = new Watched(dir)
  expect(await folder.settles()).toBe(null)
  return folder
}

describe('what is told of a folder', () => {
  test('is, at the start, that anything may be new', async () => {
    const folder = await watched({ 'index.html': 'One' })
    expect(folder.told).toEqual([null])
  })

  test('are the files that were written, added and removed, once the writer is done', async () => {
    const folder = await watched({ 'index.html': 'One', 'old.html': 'Old', 'posts/a.html': 'A' })
    const touched = await folder.after(() => {
      folder.write({ 'index.html': 'Two', 'posts/b.html': 'B' })
      unlinkSync(path.join(folder.dir, 'old.html'))
    })
    expect(folder.told).toEqual([null, 'busy', touched])
    expect([...(touched ?? [])].toSorted()).toEqual(['/index.html', '/old.html', '/posts/b.html'])
  })

  test('is a file that was put in the place of another', async () => {
    const folder = await watched({ 'index.html': 'One' })
    const touched = await folder.after(() => {
      const fresh = path.join(folder.dir, '..', 'fresh.html')
      writeFiles(path.dirname(fresh), { 'fresh.html': 'Two' })
      utimesSync(fresh, 1_000_000, 1_000_000)
      renameSync(fresh, path.join(folder.dir, 'index.html'))
    })
    expect(touched === null || touched.has('/index.html')).toBe(true)
  })

  test('is that anything may have changed where a folder came or went, or where the list would be long', async () => {
    const folder = await watched({ 'index.html': 'One', 'posts/a.html': 'A' })
    expect(await folder.after(() => folder.write({ 'tags/new.html': 'New' }))).toBe(null)
    expect(await folder.after(() => rmSync(path.join(folder.dir, 'posts'), { recursive: true }))).toBe(null)
    const many = Array.from({ length: 700 }, (_, n) => [`${n}.html`, 'Many'])
    expect(await folder.after(() => folder.write(Object.fromEntries(many)))).toBe(null)
  })

  test('is no file that a program has emptied and is slow to write', async () => {
    const folder = await watched({ 'index.html': 'One' })
    const sizes: number[] = []
    folder.onSettled = () => sizes.push(statSync(path.join(folder.dir, 'index.html')).size)
    await folder.after(() => {
      folder.write({ 'index.html': '' })
      setTimeout(() => folder.write({ 'index.html': 'Three' }), 700) // four times as long as it takes to settle
    })
    expect(sizes).toEqual(['Three'.length])
  })

  test('is a file that stays empty, after a while', async () => {
    const folder = await watched({ 'index.html': 'One' })
    expect(await folder.after(() => folder.write({ 'index.html': '' }))).toEqual(new Set(['/index.html']))
  })

  test('leaves out what is never published', async () => {
    const folder = await watched({ 'index.html': 'One' })
    const touched = await folder.after(() => {
      folder.write({
        '.git/HEAD': 'ref',
        'node_modules/a.js': 'a',
        '.index.html.swp': 'x',
        '.well-known/me': 'me'
      })
      folder.write({ 'index.html': 'Two' })
    })
    // `.well-known` is a folder that came.
    expect(touched).toBe(null)
    await folder.after(() => folder.write({ '.git/HEAD': 'other', '.well-known/me': 'you' }))
    expect(folder.settled.at(-1)).toEqual(new Set(['/.well-known/me']))
  })
})

describe('a folder', () => {
  test('that is not there yet is waited for', async () => {
    const folder = new Watched()
    await until(() => folder.told.includes('missing'))
    await folder.after(() => folder.write({ 'index.html': 'One' }))
    await folder.after(() => folder.write({ 'index.html': 'Two' }))
    expect(folder.settled.at(-1)).toEqual(new Set(['/index.html']))
    expect(folder.told.filter((each) => each === 'missing')).toHaveLength(1)
  })

  test('that is deleted is waited for, and watched again', async () => {
    const folder = await watched({ 'index.html': 'One' })
    for (const text of ['Two', 'Three']) {
      const missing = folder.told.filter((each) => each === 'missing').length
      rmSync(folder.dir, { recursive: true })
      await until(() => folder.told.filter((each) => each === 'missing').length > missing)
      expect(await folder.after(() => folder.write({ 'index.html': text }))).toBe(null)
    }
    expect(await folder.after(() => folder.write({ 'index.html': 'Four' }))).toEqual(new Set(['/index.html']))
  })

  test('that is deleted and made again at once is watched on', async () => {
    const folder = await watched({ 'index.html': 'One' })
    await folder.after(() => {
      rmSync(folder.dir, { recursive: true })
      folder.write({ 'index.html': 'Two', 'posts/a.html': 'A' })
    })
    await folder.after(() => folder.write({ 'posts/a.html': 'B' }))
    expect(folder.settled.at(-1)).toEqual(new Set(['/posts/a.html']))
  })

  test('in which folders are deleted and made again at once is watched on, at any depth', async () => {
    const files = { 'posts/a.html': 'A', 'posts/deep/b.html': 'B', 'index.html': 'One' }
    const folder = await watched(files)
    for (let round = 0; round < 3; round++) {
      await folder.after(() => {
        rmSync(path.join(folder.dir, 'posts'), { recursive: true })
        folder.write(files)
      })
      for (const file of ['posts/a.html', `posts/new-${round}.html`, `posts/deep/new-${round}.html`]) {
        const before = folder.busy
        await folder.after(() => folder.write({ [file]: `Round ${round}` }))
        await until(() => folder.busy > before, { describe: () => `${file}, round ${round}` })
      }
    }
  })

  test('that is put in the place of another, with its files, is watched as what it is', async () => {
    const folder = await watched({ 'posts/a.html': 'A', 'posts/deep/b.html': 'B' })
    const fresh = path.join(folder.dir, '..', 'fresh')
    writeFiles(fresh, { 'a.html': 'A2', 'deep/b.html': 'B2' })
    const swapped = await folder.after(() => {
      renameSync(path.join(folder.dir, 'posts'), path.join(folder.dir, '..', 'old'))
      renameSync(fresh, path.join(folder.dir, 'posts'))
    })
    expect(swapped).toBe(null)
    expect(await folder.after(() => folder.write({ 'posts/deep/b.html': 'B3' }))).toEqual(
      new Set(['/posts/deep/b.html'])
    )
  })

  test('whose changes the system does not tell of can be looked at again and again', async () => {
    const dir = temporaryFolder()
    writeFiles(dir, { 'index.html': 'One', 'old.html': 'Old' })
    const folder = new Watched(dir, { poll: true })
    await folder.settles()
    const touched = await folder.after(() => {
      folder.write({ 'index.html': 'Two', 'posts/a.html': 'A' })
      unlinkSync(path.join(dir, 'old.html'))
    })
    expect([...(touched ?? [])].toSorted()).toEqual(['/index.html', '/old.html', '/posts/a.html'])
  })

  test('that is a link is watched where the link leads, also when it is set anew', async () => {
    const parent = temporaryFolder()
    const link = path.join(parent, 'current')
    writeFiles(parent, { 'one/index.html': 'One', 'two/index.html': 'Two' })
    symlinkSync('one', link)
    const folder = new Watched(link)
    await folder.settles()
    expect(await folder.after(() => folder.write({ 'index.html': 'One, edited' }))).toEqual(
      new Set(['/index.html'])
    )
    await folder.after(() => {
      symlinkSync('two', `${link}.next`)
      renameSync(`${link}.next`, link)
    })
    expect(await folder.after(() => folder.write({ 'index.html': 'Two, edited' }))).toEqual(
      new Set(['/index.html'])
    )
  })
})

describe('the writer', () => {
  test(
    'is not done as long as it goes on, and it is said when that takes long',
    { timeout: 180_000 },
    async () => {
      const dir = temporaryFolder()
      const restless: string[] = []
      const folder = new Watched(dir, {
        settleMs: 1_000,
        onStillChanging: (file) => restless.push(path.basename(file))
      })
      await folder.settles()
      for (let n = 0; restless.length === 0; n++) {
        folder.write({ 'endless.html': String(n) })
        await pause(50)
      }
      expect(folder.told).toEqual([null, 'busy'])
      expect(restless).toEqual(['endless.html'])
      await folder.settles(2)
      expect(folder.told).toEqual([null, 'busy', new Set(['/endless.html'])])
    }
  )

  test(
    'that rewrites 5,000 equal files changes nothing in the preview',
    { tags: 'long', timeout: 180_000 },
    async () => {
      const projectDir = temporaryFolder()
      const dir = path.join(projectDir, 'dist')
      const files = Object.fromEntries(
        Array.from({ length: 5_000 }, (_, n) => [`posts/${n % 50}/${n}.html`, `Post ${n}`])
      )
      writeFiles(dir, files)
      const preview = await createPreview({
        projectDir,
        env: { SITEDRIVE_HOME: path.join(temporaryFolder(), 'home') },
        bootstrap: null
      })
      onTestFinished(() => preview.close())
      const folder = new Watched(dir)
      await folder.settles()
      const first = await preview.update(dir)
      expect(first.changes).toHaveLength(5_000)
      const touched = await folder.after(() => folder.write(files))
      expect(await preview.update(dir, touched ?? undefined)).toEqual({ version: first.version, changes: [] })
      folder.write({ 'posts/0/0.html': 'Another' })
      const next = await folder.settles(folder.settled.length + 1)
      const { changes } = await preview.update(dir, next ?? undefined)
      expect(changes).toMatchObject([{ op: 'change', path: '/posts/0/0.html' }])
    }
  )
})

test('after close nothing is told any more', async () => {
  const dir = temporaryFolder()
  const told: unknown[] = []
  const watch = watchFolder(dir, { settleMs: 50, onSettled: (touched) => told.push(touched) })
  await until(() => told.length === 1)
  writeFiles(dir, { 'index.html': 'One' })
  watch.close()
  writeFiles(dir, { 'index.html': 'Two' })
  const other = new Watched(dir)
  await other.settles()
  expect(told).toHaveLength(1)
})
