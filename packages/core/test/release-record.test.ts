import { describe, expect, onTestFinished, test } from 'vitest'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { openSiteReader, openSiteWriter, type SiteWriter } from '../src/holepunch/site-store.js'
import {
  findRelease,
  isLost,
  nextSkips,
  releases,
  withLost,
  type ReleaseRecord,
  type Span
} from '../src/release/release-record.js'
import { RECORD_PATH } from '../src/holepunch/reserved-paths.js'
import { codeOfRejection, tempDir, Workshop } from './support/workshop.js'

const NO_BLOB = { blockOffset: 0, blockLength: 0, byteOffset: 0, byteLength: 0 }

async function emptySite(): Promise<SiteWriter> {
  const writer = await openSiteWriter(tempDir(), deriveKeys(Buffer.alloc(32, 7)))
  onTestFinished(() => writer.close())
  return writer
}

/** Writes a release record as some other program might: any field may be wrong. */
async function writeRecord(
  writer: SiteWriter,
  fields: Partial<Record<keyof ReleaseRecord, unknown>>
): Promise<void> {
  const record = {
    release: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    generator: null,
    added: 0,
    changed: 0,
    removed: 0,
    files: 0,
    bytes: 0,
    titles: [],
    rollbackOf: null,
    previous: 0,
    skips: [],
    ...fields
  }
  await writer.flush([{ path: RECORD_PATH, blob: NO_BLOB, metadata: record }])
}

describe('the chain of releases', () => {
  test('is followed back to the first, and any release is found by its number', async () => {
    const writer = await emptySite()
    const versions: number[] = []
    for (let release = 1; release <= 100; release++) {
      const latest = release === 1 ? null : await findRelease(writer, release - 1)
      await writer.flush([{ path: `/${release}`, blob: NO_BLOB, metadata: null }])
      await writeRecord(writer, {
        release,
        previous: latest?.version ?? 0,
        skips: await nextSkips(writer, latest)
      })
      versions.push(writer.version)
    }
    const seen: [number, number][] = []
    for await (const { release, version } of releases(writer)) seen.push([release, version])
    expect(seen.toReversed()).toEqual(versions.map((version, at) => [at + 1, version]))
    for (const number of [1, 2, 3, 37, 64, 99, 100]) {
      expect(await findRelease(writer, number)).toMatchObject({
        release: number,
        version: versions[number - 1]
      })
    }
    expect((await findRelease(writer, 100)).skips).toEqual(
      [98, 96, 92, 84, 68, 36].map((n) => versions[n - 1])
    )
  })

  test('is the same whether it is read beside the writer or not', async () => {
    const shop = new Workshop({ 'index.html': '0' })
    for (let n = 1; n <= 5; n++) {
      shop.write({ 'index.html': String(n) })
      await shop.publish()
    }
    const { openSiteReader } = await import('../src/holepunch/site-store.js')
    const site = await openSiteReader(shop.paths.store, shop.key)
    const numbers: number[] = []
    for await (const { release } of releases(site)) numbers.push(release)
    await site.close()
    expect(numbers).toEqual([5, 4, 3, 2, 1])
  })
})

describe('a hostile record', () => {
  const cases: [name: string, fields: Partial<Record<keyof ReleaseRecord, unknown>>][] = [
    ['points at itself', { release: 2, previous: 4 }],
    ['points beyond itself', { release: 2, previous: 1e12 }],
    ['points into the middle of a batch', { release: 2, previous: 2 }],
    ['points at the header', { release: 2, previous: 1 }],
    ['points at a release of another number', { release: 7, previous: 3 }],
    ['has a skip link to the wrong release', { release: 3, previous: 3, skips: [3] }],
    ['has a text for a number', { release: '2', previous: 3 }],
    ['has a negative number', { release: 2, previous: -3 }],
    ['has a fraction', { release: 2, previous: 2.5 }],
    ['has no titles', { release: 2, previous: 3, titles: null }],
    ['has endless skip links', { release: 2, previous: 3, skips: Array.from({ length: 60 }, () => 3) }],
    ['is a list', { release: [], previous: {} }]
  ]
  test.each(cases)('that %s is a typed error', async (_name, fields) => {
    const writer = await emptySite()
    await writer.flush([
      { path: '/a', blob: NO_BLOB, metadata: null },
      { path: RECORD_PATH, blob: NO_BLOB, metadata: { ...(await firstRecord()), release: 1 } }
    ])
    await writeRecord(writer, fields)
    const read = async () => {
      for await (const { release } of releases(writer)) if (release === 1) break
      await findRelease(writer, 1)
    }
    expect(await codeOfRejection(read())).toBe('RELEASE_CHAIN_INVALID')
  })
})

describe('what a record says in words', () => {
  test('is missing in older records, and such are read all the same', async () => {
    const writer = await emptySite()
    await writeRecord(writer, { titles: ['One'] })
    const release = await findRelease(writer, 1)
    expect(release.titles).toEqual(['One'])
    expect(release).not.toHaveProperty('words')
  })

  test.each([
    ['is no text', 7],
    ['is empty', ''],
    ['is null', null]
  ])('counts as missing when it %s', async (_name, words) => {
    const writer = await emptySite()
    await writeRecord(writer, { words })
    expect(await findRelease(writer, 1)).not.toHaveProperty('words')
  })

  test('is cut where it is longer than any writer of ours makes it, and so are the titles and all other texts', async () => {
    const writer = await emptySite()
    const long = 'x'.repeat(100_000)
    await writeRecord(writer, {
      words: long,
      titles: Array.from({ length: 50 }, () => long),
      generator: { name: long, version: long },
      publishedAt: long
    })
    const { words, titles, generator, publishedAt } = await findRelease(writer, 1)
    for (const text of [generator?.name, generator?.version, publishedAt]) expect(text).toHaveLength(300)
    expect(words).toBe(`${'x'.repeat(299)}…`)
    expect(titles).toHaveLength(20)
    expect(titles[19]).toHaveLength(300)
  })
})

test('a skip link that ends behind a later batch is a typed error', async () => {
  const writer = await emptySite()
  await writeRecord(writer, { release: 1 })
  const first = writer.version
  await writer.flush([
    { path: '/a', blob: NO_BLOB, metadata: null },
    { path: '/b', blob: NO_BLOB, metadata: null }
  ])
  await writeRecord(writer, { release: 2, previous: first })
  const second = writer.version
  // There the record of release 1 is still the newest one, but part of another release shows.
  await writeRecord(writer, { release: 3, previous: second, skips: [first + 2] })
  expect(await codeOfRejection(findRelease(writer, 1))).toBe('RELEASE_CHAIN_INVALID')
})

test('a release whose index is not on this machine is missing here, and its history is not called damaged', async () => {
  const dir = tempDir()
  const writer = await openSiteWriter(dir, deriveKeys(Buffer.alloc(32, 7)))
  await writeRecord(writer, { release: 1 })
  const first = writer.version
  await writeRecord(writer, { release: 2, previous: first })
  await writer.coreOf('index').clear(first - 1)
  await writer.close()
  const reader = await openSiteReader(dir, writer.key)
  onTestFinished(() => reader.close())
  expect(await codeOfRejection(findRelease(reader, 1))).toBe('NOT_HELD')
})

async function firstRecord(): Promise<object> {
  const shop = new Workshop({ 'index.html': 'x' })
  await shop.publish()
  return (await shop.record()) as object
}

describe('releases whose content is lost', () => {
  test('are kept as spans that grow together', () => {
    expect(withLost(undefined, null)).toEqual([])
    expect(withLost([[1, 3]], [4, 5])).toEqual([[1, 5]])
    expect(withLost([[4, 5]], [1, 2])).toEqual([
      [1, 2],
      [4, 5]
    ])
    expect(isLost({ lost: [[4, 5]] }, 4)).toBe(true)
    expect(isLost({ lost: [[4, 5]] }, 6)).toBe(false)
    expect(isLost({}, 1)).toBe(false)
  })

  test('become one span, the oldest first, when there are more than a record may name', () => {
    const spans = Array.from({ length: 50 }, (_, n): Span => [n * 10 + 2, n * 10 + 3])
    const more = withLost(spans, [900, 901])
    expect(more).toHaveLength(50)
    expect(more[0]).toEqual([2, 13])
    expect(more.at(-1)).toEqual([900, 901])
  })

  test.each([[[[3, 1]]], [[[1]]], [['all']], ['all'], [Array.from({ length: 51 }, () => [1, 1])]])(
    'are refused where they are no spans: %j',
    async (lost) => {
      const writer = await emptySite()
      await writeRecord(writer, { lost })
      const listing = (async () => {
        for await (const release of releases(writer)) expect(release).toBeDefined()
      })()
      expect(await codeOfRejection(listing)).toBe('RELEASE_CHAIN_INVALID')
    }
  )
})

describe('where a release says that its site comes from', () => {
  const writeAndList = async (facts: object) => {
    const writer = await emptySite()
    await writeRecord(writer, facts)
    const found = []
    for await (const release of releases(writer)) found.push(release)
    return found
  }
  const of = 'y'.repeat(52)
  const source = { commit: 'a'.repeat(40), isChanged: false, files: 1, bytes: 2 }

  test('is read', async () => {
    const facts = { fork: { of, release: 3, version: 9 }, source }
    expect(await writeAndList(facts)).toMatchObject([facts])
  })

  test.each([
    { fork: 'all' },
    { fork: { of: '\u001b[31mred', release: 1, version: 2 } },
    { fork: { of, release: -1, version: 2 } },
    { fork: { of, release: 1, version: 2, more: 'x' } },
    { source: { ...source, commit: '<b>' } },
    { source: { ...source, files: 'many' } },
    { source: null }
  ])('is refused where it is something else: %j', async (facts) => {
    expect(await codeOfRejection(writeAndList(facts))).toBe('RELEASE_CHAIN_INVALID')
  })
})
