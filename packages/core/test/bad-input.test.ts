import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SitedriveError } from '../src/error.js'
import { describeOutcome } from '../src/outcome/report.js'
import type { PublisherOptions } from '../src/publish/publisher-contract.js'
import { codeOfRejection, tempDir, Workshop, type Files } from './support/workshop.js'

const SITE = { 'index.html': 'home', 'about.html': 'about', 'style.css': 'css' }

/** Publishes, expects the code, and expects that readers still see what they saw and that the next publish works. */
async function refused(
  shop: Workshop,
  code: string,
  mend: () => void,
  options: Partial<PublisherOptions> = {}
) {
  const before = existsSync(shop.home) && existsSync(path.join(shop.projectDir, 'sitedrive.json'))
  const seen = before ? await shop.published() : null
  const error = await shop
    .publisher(options)
    .publish(shop.dir)
    .then(
      (outcome) => Promise.reject(new Error(`published: ${JSON.stringify(outcome)}`)),
      (error: SitedriveError) => error
    )
  expect(error).toMatchObject({ name: 'SitedriveError', code })
  if (seen) expect(await shop.published()).toEqual(seen)
  mend()
  await shop.publish()
  return error
}

async function published(files: Files = SITE): Promise<Workshop> {
  const shop = new Workshop(files)
  await shop.publish()
  return shop
}

describe('files that cannot be read as they stand', () => {
  test('an unreadable file is named', () => {
    // Root reads everything, so another user's process does the publishing where the tests run as root.
    const shop = new Workshop(SITE)
    const secretive = path.join(shop.dir, 'index.html')
    chmodSync(secretive, 0)
    const script = `
      const { createPublisher } = await import(${JSON.stringify(new URL('../bundle/index.js', import.meta.url).href)})
      const publisher = createPublisher({ projectDir: ${JSON.stringify(shop.projectDir)} })
      await publisher.publish(${JSON.stringify(shop.dir)}).then(
        () => console.log('published'),
        (error) => console.log(error.code, error.message)
      )`
    const isRoot = process.getuid?.() === 0
    if (isRoot) {
      execFileSync('chmod', ['-R', 'o+rwX', shop.root])
      chmodSync(secretive, 0)
    }
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: shop.projectDir,
      env: { ...process.env, CI: '', SITEDRIVE_HOME: path.join(shop.root, 'other-home') },
      encoding: 'utf8',
      ...(isRoot && { uid: 65534, gid: 65534 })
    })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^FILE_UNREADABLE .*index\.html/)
  })

  test('a file that changes while it is read is read again, when nobody writes any more', async () => {
    const shop = await published()
    const large = path.join(shop.dir, 'large.bin')
    writeFileSync(large, Buffer.alloc(20_000_000, 1))
    let isTouched = false
    const outcome = await shop.publish({
      onProgress: ({ phase }) => {
        if (phase !== 'write' || isTouched) return
        isTouched = true
        setImmediate(() => appendFileSync(large, 'more')) // runs between two groups of the read
      }
    })
    expect(outcome.changes).toContainEqual({ op: 'add', path: '/large.bin', bytes: 20_000_004 })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('a file that changes each time it is read is refused', async () => {
    const shop = await published()
    const large = path.join(shop.dir, 'large.bin')
    writeFileSync(large, Buffer.alloc(20_000_000, 1))
    const options: Partial<PublisherOptions> = {
      onProgress: ({ phase }) => {
        if (phase === 'write') setImmediate(() => appendFileSync(large, 'more'))
      }
    }
    const error = await refused(shop, 'FILE_CHANGED', () => {}, options)
    expect(error.message).toContain('large.bin')
  })

  test(
    'a folder that somebody goes on writing after a file has changed is refused',
    { tags: 'long' },
    async () => {
      const shop = await published()
      const large = path.join(shop.dir, 'large.bin')
      writeFileSync(large, Buffer.alloc(20_000_000, 1))
      const writing = setInterval(() => appendFileSync(large, 'more'), 20)
      onTestFinished(() => clearInterval(writing))
      const stop = () => clearInterval(writing)
      await refused(shop, 'FILE_CHANGED', stop, { onProgress: () => appendFileSync(large, 'more') })
    }
  )

  test('a file that is deleted between scan and read is no part of the release', async () => {
    const shop = await published()
    shop.write({ 'a.html': 'new', 'z.html': 'new' })
    await shop.publish({
      onProgress: ({ phase }) => phase === 'write' && rmSync(path.join(shop.dir, 'z.html'), { force: true })
    })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  const hugeBytes = process.env['SITEDRIVE_LONG'] ? 3_000_000_000 : 300_000_000
  test(
    `a file of ${hugeBytes / 1e6} MB is published in pieces`,
    { tags: 'long', timeout: 180_000 },
    async () => {
      const shop = new Workshop(SITE)
      const huge = path.join(shop.dir, 'huge.bin')
      writeFileSync(huge, '')
      truncateSync(huge, hugeBytes) // sparse: takes no room until it is in the store
      const outcome = await shop.publish()
      expect(outcome.bytesWritten).toBe(hugeBytes + 12)
      expect(outcome.changes).toContainEqual({ op: 'add', path: '/huge.bin', bytes: hugeBytes })
    }
  )
})

describe('names', () => {
  test('with spaces, %, #, ?, accents, a newline and 255 bytes are published as they are', async () => {
    const shop = await published({
      'with space.html': '1',
      '100%.html': '2',
      'a#b.html': '3',
      'what?.html': '4',
      'caf\u00e9.html': '5',
      'line\nbreak.html': '6',
      [`${'n'.repeat(250)}.html`]: '7',
      '\u{1F98A}/index.html': '8',
      '%2e%2e/x.html': '9'
    })
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('with a backslash are refused by name', async () => {
    const shop = await published()
    shop.write({ 'a\\b.html': 'x' })
    const error = await refused(
      shop,
      'BAD_NAME',
      () => shop.remove('a\\b.html') ?? shop.write({ 'n.html': 'n' })
    )
    expect(error.message).toContain('a\\b.html')
  })

  test('that differ only in how accents are encoded are refused', async () => {
    const shop = await published()
    shop.write({ 'caf\u00e9.html': 'composed', 'cafe\u0301.html': 'decomposed' })
    await refused(shop, 'PATH_TWINS', () => shop.remove('cafe\u0301.html'))
  })

  test('that are not valid UTF-8 are refused', async () => {
    const shop = await published()
    const name = Buffer.concat([Buffer.from(shop.dir), Buffer.from([0x2f, 0xff, 0xfe, 0x2e, 0x68])])
    writeFileSync(name, 'x')
    await refused(shop, 'BAD_NAME', () => rmSync(name) ?? shop.write({ 'n.html': 'n' }))
  })
})

describe('symbolic links', () => {
  test('inside the dir are followed; those that leave it or lead nowhere stay out and are named', async () => {
    const shop = new Workshop(SITE)
    const outside = tempDir()
    writeFileSync(path.join(outside, 'secret.txt'), 'secret')
    mkdirSync(path.join(shop.projectDir, '_site-secret'))
    writeFileSync(path.join(shop.projectDir, '_site-secret/key'), 'secret')
    symlinkSync('index.html', path.join(shop.dir, 'home.html'))
    symlinkSync(path.join(outside, 'secret.txt'), path.join(shop.dir, 'secret.txt'))
    symlinkSync('../_site-secret', path.join(shop.dir, 'near'))
    symlinkSync('nowhere', path.join(shop.dir, 'broken'))
    const outcome = await shop.publish()
    expect(await shop.published()).toEqual({ ...SITE, 'home.html': 'home' })
    expect(outcome.notes.leftOut).toEqual(
      expect.arrayContaining([
        { path: '/secret.txt', why: 'link out of the dir' },
        { path: '/near', why: 'link out of the dir' },
        { path: '/broken', why: 'broken link' }
      ])
    )
    expect(describeOutcome(outcome)[0]?.text).toContain('/secret.txt')
  })

  test('that loop are refused', async () => {
    const shop = await published()
    mkdirSync(path.join(shop.dir, 'deep'))
    const link = path.join(shop.dir, 'deep/up')
    symlinkSync('..', link)
    await refused(shop, 'SYMLINK_LOOP', () => rmSync(link) ?? shop.write({ 'n.html': 'n' }))
    symlinkSync('self', path.join(shop.dir, 'self'))
    await refused(
      shop,
      'SYMLINK_LOOP',
      () => rmSync(path.join(shop.dir, 'self')) ?? shop.write({ 'm.html': 'n' })
    )
  })
})

describe('the dir', () => {
  test('that is empty, or holds nothing to publish, is refused unless allowed', async () => {
    const shop = await published()
    shop.remove(...Object.keys(SITE))
    shop.write({ '.hidden': 'x' })
    await refused(shop, 'DIR_EMPTY', () => shop.write({ ...SITE, 'index.html': 'again' }))
    shop.remove(...Object.keys(SITE))
    expect(await shop.publish({ allow: { empty: true, shrink: true } })).toMatchObject({ removed: 3 })
    expect(await shop.published()).toEqual({})
  })

  test('that is missing, or is a file, is refused', async () => {
    const shop = await published()
    const publisher = shop.publisher()
    expect(await codeOfRejection(publisher.publish(path.join(shop.projectDir, 'nope')))).toBe('DIR_MISSING')
    expect(await codeOfRejection(publisher.publish(path.join(shop.dir, 'index.html')))).toBe('DIR_INVALID')
  })

  test('that lies in the data directory, or around it, is refused', async () => {
    const inner = new Workshop(SITE)
    inner.env['SITEDRIVE_HOME'] = path.join(inner.dir, '.sitedrive')
    expect(await codeOfRejection(inner.publisher().publish(inner.dir))).toBe('DIR_OVERLAP')
    inner.env['SITEDRIVE_HOME'] = inner.projectDir
    expect(await codeOfRejection(inner.publisher().publish(inner.dir))).toBe('DIR_OVERLAP')
    const link = path.join(inner.root, 'link')
    symlinkSync(inner.dir, link)
    inner.env['SITEDRIVE_HOME'] = path.join(link, 'home')
    expect(await codeOfRejection(inner.publisher().publish(inner.dir))).toBe('DIR_OVERLAP')
  })

  test('that lacks more than half of the site is refused, asked about on a terminal, and allowed by word', async () => {
    const shop = await published({ ...SITE, 'd.html': 'd' })
    shop.remove('about.html', 'style.css', 'd.html')
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('SHRINK_REFUSED')
    expect(await codeOfRejection(shop.publisher({ confirm: async () => false }).publish(shop.dir))).toBe(
      'SHRINK_REFUSED'
    )
    const questions: string[] = []
    const confirm = async (question: string) => questions.push(question) > 0
    expect(await shop.publish({ confirm })).toMatchObject({ removed: 3 })
    expect(questions).toEqual([expect.stringContaining("3 of the site's 4 files")])

    shop.write({ ...SITE, 'd.html': 'd' })
    await shop.publish()
    shop.remove('about.html', 'style.css', 'd.html')
    shop.env['SITEDRIVE_ALLOW'] = 'shrink'
    expect(await shop.publish()).toMatchObject({ removed: 3 })
  })

  test('that another build has emptied and is about to fill is waited for', async () => {
    const shop = await published()
    shop.remove('index.html', 'about.html', 'style.css')
    const publishing = shop.publish()
    setImmediate(() => shop.write({ ...SITE, 'index.html': 'home again' })) // after the walk, which is synchronous
    expect(await publishing).toMatchObject({ changed: 1, removed: 0 })
  })

  test('that another build had emptied when it was read, and has filled since, is read again', async () => {
    const shop = await published({ ...SITE, 'd.html': 'd' })
    shop.remove('about.html', 'style.css', 'd.html')
    const { acquireWriterLock } = await import('../src/machine/writer-process-lock.js')
    const lock = await acquireWriterLock(shop.paths.lock, { timeoutMs: 0, onWait: () => {} })
    // It waits for the lock when it has read the folder.
    const onWait = () => {
      shop.write({ ...SITE, 'd.html': 'edited' })
      lock.release()
    }
    expect(await shop.publish({ onWait })).toMatchObject({ changed: 1, removed: 0 })
  })

  test('whose files were all moved has lost its paths, and uploads nothing once that is allowed', async () => {
    const shop = await published()
    const files = Object.entries(SITE).map(([name, text]) => [`v2/${name}`, text])
    shop.remove(...Object.keys(SITE))
    shop.write(Object.fromEntries(files) as Files)
    expect(await codeOfRejection(shop.publish())).toBe('SHRINK_REFUSED')
    const allow = { shrink: true }
    expect(await shop.publish({ allow })).toMatchObject({ added: 3, removed: 3, bytesWritten: 0 })
  })

  test('that ships reserved paths publishes without them, and says so', async () => {
    const shop = new Workshop({ ...SITE, '.well-known/sitedrive.json': '{"release":99}' })
    const outcome = await shop.publish()
    expect(await shop.record()).toMatchObject({ release: 1 })
    expect(describeOutcome(outcome)[0]).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('1 reserved') as string
    })
  })
})

describe('sitedrive.json', () => {
  const cases: [name: string, text: (key: string) => string, says: string][] = [
    ['is not JSON', () => '{ key: ', 'not JSON'],
    ['is not an object', () => '[]', 'not a JSON object'],
    ['has no key', () => '{}', '`key` is missing'],
    ['has a link with a typo', (key) => JSON.stringify({ key: `hyper://${key.slice(1)}/` }), '51'],
    [
      'has a character that no key has',
      (key) => JSON.stringify({ key: `l${key.slice(1)}` }),
      '`l` never occurs'
    ],
    ['has a dat link', () => JSON.stringify({ key: `dat://${'ab'.repeat(32)}/` }), 'Dat'],
    ['has an unknown field', (key) => JSON.stringify({ key, sedes: [] }), '`sedes`'],
    ['has seeds that are no list', (key) => JSON.stringify({ key, seeds: 'x' }), '`seeds`'],
    ['has a seed that is no key', (key) => JSON.stringify({ key, seeds: ['x'] }), '`seeds`'],
    [
      'has a seed that is written as a link',
      (key) => JSON.stringify({ key, seeds: [`hyper://${key}`] }),
      'it is the address of a site, as `hyper://` says. Copy the key that `npx sitedrive peer` prints when it starts.'
    ],
    ['has a mirror that is no address', (key) => JSON.stringify({ key, mirror: 'ftp://x' }), '`mirror`']
  ]
  test.each(cases)('that %s is refused and left as it is', async (_name, text, says) => {
    const shop = await published()
    const file = path.join(shop.projectDir, 'sitedrive.json')
    const good = readFileSync(file, 'utf8')
    const bad = text(shop.key)
    writeFileSync(file, bad)
    shop.write({ 'index.html': 'changed' })
    const error = await shop
      .publisher()
      .publish(shop.dir)
      .catch((error: unknown) => error as SitedriveError)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) as string })
    expect((error as SitedriveError).message).not.toContain('..')
    expect(readFileSync(file, 'utf8')).toBe(bad)
    writeFileSync(file, good)
    expect(await shop.publish()).toMatchObject({ release: 2 })
  })

  test('may name its key in any spelling', async () => {
    const shop = await published()
    const { key } = shop
    writeFileSync(
      path.join(shop.projectDir, 'sitedrive.json'),
      JSON.stringify({ key: `HYPER://${key.toUpperCase()}/a?b` })
    )
    expect(await shop.publisher().publish(shop.dir)).toMatchObject({ status: 'unchanged', key })
  })
})

describe('the store', () => {
  test('that was copied from another place is refused, and goes on with --accept-loss', async () => {
    const shop = await published()
    const copy = path.join(shop.root, 'home-copy')
    cpSync(shop.home, copy, { recursive: true })
    const elsewhere = new Workshop({}, copy)
    cpSync(shop.projectDir, elsewhere.projectDir, { recursive: true })
    writeFileSync(path.join(copy, 'sites', shop.key, 'folders.json'), JSON.stringify([elsewhere.projectDir]))
    expect(await codeOfRejection(elsewhere.publisher({}).rollback(1))).toBe('STORE_COPIED')
    // Adopted by a publish that changes nothing: what comes next must not be signed as if there were no other copy.
    const adopting = elsewhere.publisher({ acceptLoss: true })
    expect(await adopting.rollback(1)).toMatchObject({ status: 'unchanged' })
    elsewhere.write({ 'index.html': 'from the copy' })
    const second = await elsewhere.publish()
    expect(second).toMatchObject({ release: 2, changed: 1 })
    expect(second.fork).toBeGreaterThan(2 ** 50)
    elsewhere.write({ 'index.html': 'and once more' })
    expect(await elsewhere.publish()).toMatchObject({ release: 3, changed: 1 })
  })

  test('that was restored in place from an older copy is refused, and goes on at a higher fork with --accept-loss', async () => {
    const shop = await published()
    const db = path.join(shop.paths.store, 'db')
    const backup = path.join(shop.root, 'backup')
    cpSync(db, backup, { recursive: true })
    shop.write({ 'index.html': 'two' })
    const second = await shop.publish()
    rmSync(db, { recursive: true })
    cpSync(backup, db, { recursive: true })
    shop.write({ 'index.html': 'three' })
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('STORE_BEHIND')
    const third = await shop.publish({ acceptLoss: true })
    expect(third.fork).toBeGreaterThan(second.fork)
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('that is gone while its head file says that releases were signed is refused', async () => {
    const shop = await published()
    rmSync(shop.paths.store, { recursive: true })
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('STORE_BEHIND')
  })

  test('without a readable head file is refused, and goes on with --accept-loss', async () => {
    const shop = await published()
    shop.write({ 'index.html': 'two' })
    writeFileSync(shop.paths.head, '{')
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('HEAD_INVALID')
    rmSync(shop.paths.head)
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('STORE_BEHIND')
    expect(await shop.publish({ acceptLoss: true })).toMatchObject({ release: 2 })
    shop.write({ 'index.html': 'three' })
    expect(await shop.publish()).toMatchObject({ release: 3 })
  })

  test('that another program has open is refused by name', async () => {
    const shop = await published()
    shop.write({ 'index.html': 'two' })
    const { default: Corestore } = await import('corestore')
    const other = new Corestore(shop.paths.store)
    await other.ready()
    const error = await shop
      .publisher()
      .publish(shop.dir)
      .catch((error: unknown) => error as SitedriveError)
    expect(error).toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(shop.paths.store) as string
    })
    await other.close()
    expect(await shop.publish()).toMatchObject({ release: 2 })
  })

  test.skipIf(process.getuid?.() !== 0)(
    'on a full disk fails whole, and the next publish heals it',
    async () => {
      const small = path.join(tempDir(), 'small')
      mkdirSync(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small])
      onTestFinished(() => void execFileSync('umount', ['-l', small]))
      const shop = new Workshop(SITE, path.join(small, 'home'))
      await shop.publish()
      const seen = await shop.published()
      shop.write({ 'big.bin': Buffer.alloc(40_000_000, 7).map((_, i) => (i * 2654435761) >>> 13) })
      expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('DISK_FULL')
      expect(await shop.published()).toEqual(seen)
      shop.remove('big.bin')
      shop.write({ 'index.html': 'smaller' })
      execFileSync('mount', ['-o', 'remount,size=200m', small])
      expect(await shop.publish()).toMatchObject({ release: 2, changed: 1 })
      expect(await shop.published()).toEqual(shop.onDisk())
    }
  )

  test('whose lock another process keeps ends in an error after the deadline', async () => {
    const shop = await published()
    shop.write({ 'index.html': 'two' })
    const { acquireWriterLock } = await import('../src/machine/writer-process-lock.js')
    const lock = await acquireWriterLock(shop.paths.lock, { timeoutMs: 0, onWait: () => {} })
    const error = await shop
      .publisher({ lockTimeoutMs: 100 })
      .publish(shop.dir)
      .catch((error: unknown) => error as SitedriveError)
    expect(error).toMatchObject({
      code: 'LOCK_TIMEOUT',
      message: expect.stringContaining(String(process.pid)) as string
    })
    lock.release()
    expect(await shop.publish()).toMatchObject({ release: 2 })
  })
})

test('a data directory that cannot be made is an error that names it', async () => {
  const shop = new Workshop(SITE)
  writeFileSync(path.join(shop.root, 'file'), '')
  shop.env['SITEDRIVE_HOME'] = path.join(shop.root, 'file', 'home')
  expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('DATA_DIR_UNUSABLE')
})

test('a word that nothing can be allowed by is refused', async () => {
  const shop = new Workshop(SITE)
  shop.env['SITEDRIVE_ALLOW'] = 'shrink,everything'
  expect(() => shop.publisher()).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
})
