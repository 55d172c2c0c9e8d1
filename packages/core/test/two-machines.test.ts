import { cpSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readHead } from '../src/machine/signed-head.js'
import { Reader } from './support/reader.js'
import { until, Workshop } from './support/workshop.js'

const SITE = { 'index.html': 'one', 'about.html': 'about' }

/** A site with one release on the author's machine and on a reader's. */
async function publishedSite(): Promise<{ author: Workshop; reader: Reader }> {
  const author = new Workshop(SITE)
  await author.publish()
  const reader = await Reader.open(author.key)
  author.write({ 'index.html': 'two' })
  await author.publisher({}, () => reader.uplink()).publish(author.dir)
  expect(await reader.files()).toEqual(author.onDisk())
  return { author, reader }
}

/** Another machine with the same secret and its own, empty store. */
function otherMachine(author: Workshop): Workshop {
  const other = new Workshop()
  cpSync(author.projectDir, other.projectDir, { recursive: true })
  other.env['SITEDRIVE_SECRET'] = readFileSync(author.paths.secret, 'utf8').trim()
  return other
}

describe('a machine that may not be alone', () => {
  test('with an empty store takes over without a conflict, and readers follow it', async () => {
    const { author, reader } = await publishedSite()
    const other = otherMachine(author)
    other.write({ 'index.html': 'from the other machine' })
    await other.publisher({ acceptLoss: true }, () => reader.uplink()).publish(other.dir)
    expect(reader.conflicts).toBe(0)
    expect(await reader.files()).toEqual(other.onDisk())
  })

  test('with an older copy of the store takes over without a conflict, and readers follow it', async () => {
    const author = new Workshop(SITE)
    await author.publish()
    const reader = await Reader.open(author.key)
    const backup = path.join(author.root, 'backup')
    cpSync(path.join(author.paths.store, 'db'), backup, { recursive: true })
    author.write({ 'index.html': 'seen by the reader, lost by its author' })
    await author.publisher({}, () => reader.uplink()).publish(author.dir)

    rmSync(path.join(author.paths.store, 'db'), { recursive: true })
    cpSync(backup, path.join(author.paths.store, 'db'), { recursive: true })
    author.write({ 'index.html': 'from the older copy' })
    await author.publisher({ acceptLoss: true }, () => reader.uplink()).publish(author.dir)
    expect(reader.conflicts).toBe(0)
    expect(await reader.files()).toEqual(author.onDisk())
  })

  test('and the other that goes on as well keep readers whole: they end on the one that published last', async () => {
    const { author, reader } = await publishedSite()
    const other = otherMachine(author)
    await other.publisher({ acceptLoss: true }, () => reader.uplink()).publish(other.dir)
    // Restoring or exporting a key marks it on the machine where it was; here the author's machine learns of it.
    const { paths } = author
    const head = readHead(paths.head)
    const { writeHead } = await import('../src/machine/signed-head.js')
    if (head) writeHead(paths.head, { ...head, exclusive: false })
    author.write({ 'index.html': 'author again' })
    await author.publisher({}, () => reader.uplink()).publish(author.dir)
    expect(reader.conflicts).toBe(0)
    expect(await reader.files()).toEqual(author.onDisk())
  })

  test('is followed also by a reader that holds an old release open, whose bytes stay what they were', async () => {
    const { author, reader } = await publishedSite()
    const old = reader.at(reader.version)
    const before = await old.entry('/index.html')
    const other = otherMachine(author)
    other.write({ 'index.html': 'NEW' })
    await other.publisher({ acceptLoss: true }, () => reader.uplink()).publish(other.dir)
    await until(async () => (await reader.files())['index.html'] === 'NEW')
    if (!before?.blob) throw new Error('the old release has no page')
    expect((await old.read(before.blob)).toString()).toBe('two')
    await old.close()
  })
})

describe('a machine that is alone', () => {
  test('stays at its fork from release to release', async () => {
    const { author } = await publishedSite()
    author.write({ 'index.html': 'three' })
    expect(await author.publish()).toMatchObject({ fork: 0, release: 3 })
  })

  test('moves to a higher fork after a publish that did not end', async () => {
    const { author, reader } = await publishedSite()
    author.write({ 'index.html': 'never finished' })
    const broken = author.publisher({}, () =>
      reader.uplink({ holdBlobs: () => Promise.reject(new Error('the process was killed here')) })
    )
    await expect(broken.publish(author.dir)).rejects.toThrow('killed here')
    expect(readHead(author.paths.head)?.intent).toMatchObject({ fork: 0 })
    author.write({ 'index.html': 'finished' })
    const outcome = await author.publish()
    expect(outcome.fork).toBeGreaterThan(2 ** 50)
    expect(readHead(author.paths.head)).toMatchObject({ intent: null, exclusive: true, fork: outcome.fork })
    author.write({ 'index.html': 'next' })
    expect(await author.publish()).toMatchObject({ fork: outcome.fork })
  })

  test('notes how far it may sign before it signs', async () => {
    const { author, reader } = await publishedSite()
    author.write({ 'a.html': 'a', 'b.html': 'b'.repeat(200_000) })
    let noted: ReturnType<typeof readHead> = null
    const watching = author.publisher({}, () =>
      reader.uplink({
        holdBlobs: async () => {
          noted = readHead(author.paths.head)
          return true
        }
      })
    )
    await watching.publish(author.dir)
    const signed = readHead(author.paths.head)
    expect(noted).toMatchObject({ release: 2, intent: { fork: 0 } })
    const intent = (noted as unknown as { intent: { version: number; blobsLength: number } }).intent
    expect(signed?.version).toBeLessThanOrEqual(intent.version)
    expect(signed?.blobsLength).toBeLessThanOrEqual(intent.blobsLength)
  })
})

test('the whole index changes as one step: a reader never knows a version in between', async () => {
  const { author, reader } = await publishedSite()
  const versions = new Set<number>()
  author.write(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`page-${n}.html`, String(n)])))
  const watch = reader.watchVersions((version) => versions.add(version))
  await author.publisher({}, () => reader.uplink()).publish(author.dir)
  watch()
  expect(versions.size).toBe(1)
})
