import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Drive, SiteStore } from '@sitedrive/core/drive'
import { PathTables } from '../../src/mirror/path-tables.js'
import type { CompleteState } from '../../src/copy/held-state.js'
import { later } from '../support/later.js'
import { PublishedSite } from '../support/published-site.js'
import { until } from '../support/until.js'

const published = new PublishedSite()
const PATHS = ['/index.html', '/a.html', '/b.html', '/none', '/a', '/.well-known/sitedrive.json']

/** The newest state, with a drive that counts its look-ups. */
async function newest(store: SiteStore): Promise<{ state: CompleteState; drive: Drive; asked: string[] }> {
  const asked: string[] = []
  const state = await store.state()
  const drive = store.at(state.version)
  later(() => drive.close())
  const entry = drive.entry.bind(drive)
  drive.entry = (path, timeoutMs) => {
    asked.push(path)
    return entry(path, timeoutMs)
  }
  return { state: { ...state, drive }, drive, asked }
}

async function untilMade(tables: PathTables, state: CompleteState, asked: string[]): Promise<void> {
  await until('its paths are known', async () => {
    const before = asked.length
    await tables.entriesOf('key', state)('/none')
    return asked.length === before
  })
}

test('a state is read once; then neither a missing path nor a file costs a look-up, release after release', async () => {
  const tables = new PathTables(2 ** 20)
  for (const files of [
    { 'index.html': '1', 'a.html': 'a' },
    { 'index.html': '2', 'b.html': 'b' }
  ]) {
    await published.publish(files)
    const store = await published.read()
    const { state, drive, asked } = await newest(store)
    await untilMade(tables, state, asked)
    const entryOf = tables.entriesOf('key', state)
    const told = await Promise.all(PATHS.map(entryOf))
    expect(asked.every((path) => path === '/none' || path.startsWith('/.well-known/'))).toBe(true)
    expect(told).toEqual(await Promise.all(PATHS.map((path) => drive.entry(path))))
    await drive.close()
    await store.close()
  }
})

test('the tables of all sites keep to one limit, and those in use are not thrown out for others', async () => {
  await published.publish({ 'index.html': 'of many' })
  const { state } = await newest(await published.read())
  // Each has room for two entries and a few bytes.
  const entries = async function* () {
    for (const path of ['/index.html', '/a.html']) yield { path, seq: 1, blob: null, metadata: null }
  }
  const tables = new PathTables(64 * 1024)
  const sites = Array.from({ length: 2_000 }, (_, n) => {
    let asked = 0
    const drive = { ...state.drive, entries, entry: async () => (asked++, null) } as CompleteState['drive']
    return { key: `site ${n}`, state: { ...state, drive }, asked: () => asked }
  })
  const askAll = async () => {
    for (const { key, state } of sites) await tables.entriesOf(key, state)('/none')
  }
  await askAll()
  await until('the memory is used', () => tables.byteLength > 40 * 1024)
  await askAll()
  expect(tables.byteLength).toBeLessThanOrEqual(64 * 1024)
  const first = sites[0]!.asked()
  await askAll()
  expect(sites[0]!.asked()).toBe(first)
  expect(sites.at(-1)!.asked()).toBe(3)
})

test('an index that cannot be read leaves the look-ups to the drive, and is not tried again', async () => {
  await published.publish({ 'index.html': 'damaged' })
  const { state, drive } = await newest(await published.read())
  let tried = 0
  drive.entries = () => {
    tried++
    throw new Error('a hole')
  }
  const tables = new PathTables(2 ** 20)
  for (let n = 0; n < 5; n++)
    expect(await tables.entriesOf('key', state)('/index.html')).toMatchObject({ path: '/index.html' })
  expect(tried).toBe(1)
})

test('a flood of missing paths takes its turns at the drive', async () => {
  let now = 0
  let most = 0
  const state = {
    version: 2,
    drive: {
      entries: () => Readable.from([null]), // cannot be read

      entry: async () => {
        most = Math.max(most, ++now)
        await new Promise(setImmediate)
        now--
        return null
      },
      stream: () => {
        throw new Error('not read')
      }
    }
  } as unknown as CompleteState
  const entryOf = new PathTables(2 ** 20).entriesOf('key', state)
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => entryOf(`/${n}`)))
  expect(most).toBeLessThanOrEqual(32)
})
