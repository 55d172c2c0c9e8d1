import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { examineStore } from '../src/doctor/examine-store.js'
import { readLog } from '../src/history/release-log.js'
import { openLastRelease } from '../src/history/held-release.js'
import { initProject } from '../src/identity/key-custody.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

/** Takes from a store what RocksDB writes last: so it is after a kill while it was made. */
function undoTheEnd(store: string): void {
  const db = path.join(store, 'db')
  for (const name of readdirSync(db))
    if (!/^(LOCK|LOG|IDENTITY|MANIFEST-)/.test(name)) rmSync(path.join(db, name))
}

describe('a store whose making was cut off by a kill', () => {
  test('is none', async () => {
    const shop = new Workshop({ 'index.html': 'one' })
    await shop.publish()
    const { key, paths } = shop
    undoTheEnd(paths.store)
    rmSync(paths.head)
    expect(await codeOfRejection(readLog(shop.projectDir, shop.env))).toBe('STORE_EMPTY')
    expect(await openLastRelease(shop.projectDir, shop.env)).toBe(null)
    expect((await examineStore(key, shop.env)).state).toBe('none')
  })

  test('has no release, and the next publish makes the first one', async () => {
    const shop = new Workshop({ 'index.html': 'one' })
    await initProject({ projectDir: shop.projectDir, env: shop.env })
    const other = new Workshop({ 'index.html': 'other' })
    await other.publish()
    undoTheEnd(other.paths.store)
    mkdirSync(shop.paths.store)
    renameSync(path.join(other.paths.store, 'db'), path.join(shop.paths.store, 'db'))
    expect((await readLog(shop.projectDir, shop.env)).releases).toEqual([])
    expect((await shop.publish()).release).toBe(1)
    expect(await shop.published()).toEqual(shop.onDisk())
  })

  test('is damaged, and not empty, when there is data in it', async () => {
    const shop = new Workshop({ 'index.html': 'one' })
    await shop.publish()
    const db = path.join(shop.paths.store, 'db')
    expect(
      readdirSync(db).some((name) => /\.(sst|log)$/.test(name) && statSync(path.join(db, name)).size > 0)
    ).toBe(true)
    rmSync(path.join(db, 'CURRENT'))
    expect(await codeOfRejection(readLog(shop.projectDir, shop.env))).toBe('STORE_FAILED')
    expect((await examineStore(shop.key, shop.env)).state).toBe('failed')
  })
})
