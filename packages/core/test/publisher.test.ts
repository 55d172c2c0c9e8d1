import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeOutcome } from '../src/outcome/report.js'
import { codeOfRejection, until, Workshop } from './support/workshop.js'

const SITE = {
  'index.html': '<h1>home</h1>',
  'a/index.html': '<h1>a</h1>',
  'a/style.css': 'a{}',
  'empty.txt': ''
}

describe('a first publish', () => {
  test('makes a key, and readers get every file byte for byte', async () => {
    const shop = new Workshop({ ...SITE, 'bytes.bin': new Uint8Array([0, 255, 13, 10, 0]) })
    const outcome = await shop.publish()
    expect(outcome).toMatchObject({
      release: 1,
      added: 5,
      changed: 0,
      removed: 0,
      link: `hyper://${shop.key}/`
    })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('keeps the secret for its owner alone, and never in the project', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    expect(statSync(shop.paths.secret).mode & 0o777).toBe(0o600)
    expect(statSync(shop.paths.dir).mode & 0o777).toBe(0o700)
    const secret = readFileSync(shop.paths.secret, 'utf8').trim()
    expect(readFileSync(path.join(shop.projectDir, 'sitedrive.json'), 'utf8')).not.toContain(secret)
  })

  test('says in its record what it was made of', async () => {
    const shop = new Workshop(SITE)
    await shop.publish({ generator: { name: 'test', version: '1.2.3' } })
    expect(await shop.record()).toMatchObject({
      release: 1,
      generator: { name: 'test', version: '1.2.3' },
      added: 4,
      files: 4,
      bytes: 13 + 10 + 3,
      previous: 0,
      skips: []
    })
  })

  test('has the address before the build and leaves no trace when the build then fails', async () => {
    const shop = new Workshop(SITE)
    const publisher = shop.publisher()
    const { key } = await publisher.site()
    expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
    expect(existsSync(shop.home)).toBe(false)
    const outcome = await publisher.publish(shop.dir)
    expect(outcome).toMatchObject({ key })
  })

  test('tells a person of the new key and the missing seed, and ends with the bare link', async () => {
    const shop = new Workshop(SITE)
    const lines = describeOutcome(await shop.publish()).map(({ text }) => text)
    expect(lines[0]).toMatch(/^Release 1: 2 new pages.*; 26 B written, in /)
    expect(lines.join('\n')).toContain('sitedrive key backup')
    expect(lines.join('\n')).toContain('`npx sitedrive peer` makes one')
    expect(lines.at(-1)).toBe(`hyper://${shop.key}/`)
  })
})

describe('a further publish', () => {
  test('makes no release when nothing changed, also when every file was written again', async () => {
    const shop = new Workshop(SITE)
    const first = await shop.publish()
    expect(await shop.publisher().publish(shop.dir)).toMatchObject({ status: 'unchanged', release: 1 })
    shop.write(SITE)
    const again = await shop.publisher().publish(shop.dir)
    expect(again).toMatchObject({ status: 'unchanged', release: 1, version: first.version, bytesWritten: 0 })
    expect(describeOutcome(again)).toHaveLength(1)
  })

  test('that changes nothing loads no native module', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const script = `
      const { createPublisher } = await import(${JSON.stringify(new URL('../bundle/index.js', import.meta.url).href)})
      const outcome = await createPublisher({ projectDir: ${JSON.stringify(shop.projectDir)} }).publish('_site')
      const native = process.report.getReport().sharedObjects.filter((file) => /\\.(node|bare)$/.test(file))
      console.log(JSON.stringify({ status: outcome.status, native }))`
    const args = ['--input-type=module', '-e', script]
    const inChild = () =>
      JSON.parse(
        execFileSync(process.execPath, args, {
          env: { ...process.env, CI: '', ...shop.env },
          encoding: 'utf8'
        })
      ) as unknown
    expect(inChild()).toEqual({ status: 'unchanged', native: [] })
    shop.write({ 'index.html': 'changed' })
    expect(inChild()).toMatchObject({
      status: 'published',
      native: expect.arrayContaining([expect.any(String)]) as string[]
    })
  })

  test('writes only what changed, and takes out what is gone', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    shop.write({ 'index.html': '<h1>new</h1>', 'b.html': 'b' })
    shop.remove('a/style.css')
    const outcome = await shop.publish()
    expect(outcome).toMatchObject({ release: 2, added: 1, changed: 1, removed: 1, bytesWritten: 12 + 1 })
    expect(outcome.changes).toContainEqual({ op: 'remove', path: '/a/style.css', bytes: 3 })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('uploads nothing for a moved folder or a copy', async () => {
    const shop = new Workshop({ ...SITE, 'old/1.html': 'one', 'old/2.html': 'two', 'x.html': 'x' })
    await shop.publish()
    renameSync(path.join(shop.dir, 'old'), path.join(shop.dir, 'new'))
    shop.write({ 'copy.html': 'x' })
    expect(await shop.publish()).toMatchObject({ added: 3, removed: 2, bytesWritten: 0 })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('is not fooled by a file that was rewritten within one tick of the clock, with its old time put back', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    const file = path.join(shop.dir, 'index.html')
    const { atime, mtime } = statSync(file)
    writeFileSync(file, '<h1>HOME</h1>') // as long as before
    utimesSync(file, atime, mtime)
    expect(await shop.publish()).toMatchObject({ changed: 1 })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('is not fooled by a file of the same size whose old time was put back long after it was read', async () => {
    const shop = new Workshop(SITE)
    const file = path.join(shop.dir, 'index.html')
    const time = new Date('2026-01-01T00:00:00.000Z')
    utimesSync(file, time, time)
    await shop.publish()
    const { ctimeMs } = statSync(file)
    await until(() => Date.now() > ctimeMs + 100)
    await shop.publisher().publish(shop.dir) // its stamp is old enough now to be trusted
    writeFileSync(file, '<h1>HOME</h1>')
    utimesSync(file, time, time)
    expect(await shop.publish()).toMatchObject({ changed: 1 })
  })

  test('sees content that went back and forth between two publishes', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    for (const text of ['x', 'y', 'x', 'y']) {
      shop.write({ 'index.html': text })
      await shop.publish()
      expect(await shop.published()).toEqual(shop.onDisk())
    }
  })

  test('works from the drive alone when the scan cache is gone', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    writeFileSync(shop.paths.cache, 'nonsense')
    expect(await shop.publisher().publish(shop.dir)).toMatchObject({ status: 'unchanged', release: 1 })
    shop.write({ 'index.html': 'changed' })
    writeFileSync(shop.paths.cache, '')
    expect(await shop.publish()).toMatchObject({ added: 0, changed: 1, removed: 0 })
  })
})

describe('two publishes at once', () => {
  test('end equal to the disk, and a waiting one is replaced by a newer one', async () => {
    const shop = new Workshop(SITE)
    const publisher = shop.publisher()
    const first = publisher.publish(shop.dir)
    const second = publisher.publish(shop.dir)
    const third = publisher.publish(shop.dir)
    await first
    shop.write({ 'index.html': 'last' })
    const fourth = publisher.publish(shop.dir)
    expect(await second).toBe(await third)
    await fourth
    await publisher.close()
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('from two publishers of one folder wait for each other and say for whom', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    shop.write({ 'index.html': 'one' })
    const heard: unknown[] = []
    const options = { onWait: (holder: unknown) => heard.push(holder) }
    const outcomes = await Promise.all([
      shop.publisher(options).publish(shop.dir),
      shop.publisher(options).publish(shop.dir)
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['published', 'unchanged'])
    expect(heard).toContainEqual(expect.objectContaining({ pid: process.pid, since: expect.any(String) }))
  })

  test('of two first builds of one folder only one makes the key', async () => {
    const shop = new Workshop(SITE)
    const outcomes = await Promise.all([
      shop.publisher().publish(shop.dir),
      shop.publisher().publish(shop.dir)
    ])
    expect(new Set(outcomes.map((outcome) => outcome.status !== 'skipped' && outcome.key))).toEqual(
      new Set([shop.key])
    )
  })
})

describe('rollback', () => {
  test('shows an old release again as a new one and uploads nothing; the next build says that it undoes it', async () => {
    const shop = new Workshop(SITE)
    for (const text of ['one', 'two', 'three', 'four']) {
      shop.write({ 'index.html': text, [`${text}.html`]: text })
      await shop.publish()
    }
    const publisher = shop.publisher()
    expect(await publisher.rollback(3)).toMatchObject({ release: 5, changed: 1, removed: 1, bytesWritten: 0 })
    expect(await shop.published()).toMatchObject({ 'index.html': 'three' })
    expect(Object.keys(await shop.published())).not.toContain('four.html')

    const next = await shop.publish()
    expect(next).toMatchObject({ release: 6, notes: { undoesRollbackTo: 3 } })
    expect(describeOutcome(next).map(({ text }) => text)).toContain('This undoes the rollback to release 3.')
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('to the newest release changes nothing, and to one that never was is refused', async () => {
    const shop = new Workshop(SITE)
    await shop.publish()
    expect(await shop.publisher().rollback(1)).toMatchObject({ status: 'unchanged', release: 1 })
    for (const number of [0, 2, -1, 1.5]) {
      expect(await codeOfRejection(shop.publisher().rollback(number))).toBe('NO_SUCH_RELEASE')
    }
  })
})

describe('review', () => {
  test('says what a publish would change and writes nothing', async () => {
    const shop = new Workshop(SITE)
    expect(await shop.publisher().review(shop.dir)).toMatchObject({
      key: null,
      release: 0,
      changes: { length: 4 }
    })
    expect(existsSync(shop.home)).toBe(false)
    await shop.publish()
    shop.write({ 'index.html': 'changed' })
    const change = { op: 'change', path: '/index.html', bytes: 7 }
    expect(await shop.publisher().review(shop.dir)).toEqual({
      key: shop.key,
      release: 1,
      changes: [change],
      words: expect.stringContaining('1 '),
      pages: [{ ...change, url: '/', title: null, source: null, noise: null }],
      files: [],
      alike: [],
      findings: [],
      checksProblem: null
    })
    expect(await shop.publish()).toMatchObject({ release: 2, changed: 1 })
  })
})

describe('what is left out', () => {
  test('is counted and named by reason; .well-known stays in', async () => {
    const shop = new Workshop({
      ...SITE,
      '.env': 'SECRET=1',
      '.git/config': 'x',
      'lib/node_modules/x/index.js': 'x',
      'drafts/a.html': 'x',
      'note.log': 'x',
      '.well-known/security.txt': 'Contact: x',
      '.well-known/sitedrive.json': '{}',
      '.well-known/source/index.md': '#'
    })
    writeFileSync(path.join(shop.projectDir, '.sitedriveignore'), 'drafts/\n*.log\n')
    const outcome = await shop.publish()
    expect(Object.keys(await shop.published()).toSorted()).toEqual(
      [...Object.keys(SITE), '.well-known/security.txt'].toSorted()
    )
    expect(Object.fromEntries(outcome.notes.leftOut.map(({ path, why }) => [path, why]))).toEqual({
      '/.env': 'dot file',
      '/.git': 'dot file',
      '/lib/node_modules': 'node_modules',
      '/drafts': 'ignored',
      '/note.log': 'ignored',
      '/.well-known/sitedrive.json': 'reserved',
      '/.well-known/source/index.md': 'reserved'
    })
  })

  test('the project file stays out when the whole project folder is published', async () => {
    const shop = new Workshop(SITE)
    const publisher = shop.publisher()
    await publisher.publish(shop.projectDir)
    expect(await publisher.publish(shop.projectDir)).toMatchObject({ status: 'unchanged' })
    expect(Object.keys(await shop.published())).not.toContain('sitedrive.json')
  })
})

describe('left-over files', () => {
  test('are named when the build did not write them and no page refers to them', async () => {
    const shop = new Workshop({ 'old/index.html': 'old', 'img/used-1.webp': 'u', 'img/gone-2.webp': 'g' })
    const { ctimeMs } = statSync(path.join(shop.dir, 'old/index.html'))
    await until(() => Date.now() > ctimeMs + 100) // clearly an earlier build
    const startedAtMs = Date.now()
    shop.write({ 'index.html': '<img src="/img/used-1.webp">' })
    const outcome = await shop.publisher().publish(shop.dir, { startedAtMs, wrote: [] })
    if (outcome.status === 'skipped') throw new Error(outcome.message)
    expect(outcome.notes.stale.toSorted()).toEqual(['/img/gone-2.webp', '/old/index.html'])
  })

  test('leaves out pages that a dev process wrote, where one runs beside the build, but none that was released', async () => {
    const shop = new Workshop({ 'index.html': '1', 'old/index.html': 'old' })
    const first = Date.now()
    await shop.publisher().publish(shop.dir, { startedAtMs: first - 1_000, wrote: [] })
    shop.write({ 'draft/index.html': 'secret', 'draft.png': 'seen by many pages' })
    const env = { ...shop.env, SITEDRIVE_BUILD_BEGAN: String(Date.now() + 60_000) }
    shop.write({ 'index.html': '2', 'made.html': 'by a step before the generator' })
    const wrote = ['/index.html', '/made.html']
    const publish = async (more: object) => {
      const outcome = await shop.publisher({ env }).publish(shop.dir, { wrote, ...more })
      if (outcome.status !== 'published') throw new Error(outcome.status)
      return outcome
    }
    const outcome = await publish({ startedAtMs: Date.now() + 60_000 })
    expect(outcome.notes.leftOut).toEqual([
      { path: '/draft/index.html', why: 'of no release and not of this build' }
    ])
    expect(outcome.notes.stale).toContain('/old/index.html')
    expect(Object.keys(await shop.published()).toSorted()).toEqual([
      'draft.png',
      'index.html',
      'made.html',
      'old/index.html'
    ])
    // A build that does not say when it began may leave alone what has not changed.
    expect(await publish({})).toMatchObject({ added: 1, notes: { leftOut: [] } })
  })
})
