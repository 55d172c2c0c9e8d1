import { describe, expect, test } from 'vitest'
import { openLastRelease } from '../src/history/held-release.js'
import { readPermission } from '../src/identity/permission.js'
import { rmSync } from 'node:fs'
import { Workshop } from './support/workshop.js'

describe('the newest release that this machine holds', () => {
  test('is none before the first publish', async () => {
    const shop = new Workshop({ 'a.html': 'one' })
    expect(await openLastRelease(shop.projectDir, shop.env)).toBe(null)
  })

  test('can be read, and stays what it was while another is published', async () => {
    const shop = new Workshop({ 'a.html': 'one', 'empty.txt': '' })
    await shop.publish()
    const held = await openLastRelease(shop.projectDir, shop.env)
    shop.write({ 'a.html': 'two' })
    await shop.publish()
    expect(held?.release.release).toBe(1)
    expect([...held!.view.files.keys()]).toEqual(['/a.html', '/empty.txt'])
    expect(String(await held!.view.read('/a.html'))).toBe('one')
    expect(String(await held!.view.read('/a.html', 2))).toBe('on')
    expect(await held!.view.read('/empty.txt')).toHaveLength(0)
    expect(await held!.view.read('/none')).toBe(null)
    await held?.close()
    const next = await openLastRelease(shop.projectDir, shop.env)
    expect(next?.release.release).toBe(2)
    expect(String(await next!.view.read('/a.html'))).toBe('two')
    await next?.close()
  })

  test('needs no cache', async () => {
    const shop = new Workshop({ 'a.html': 'one' })
    await shop.publish()
    rmSync(shop.paths.cache)
    const held = await openLastRelease(shop.projectDir, shop.env)
    expect(held?.view.files.get('/a.html')?.bytes).toBe(3)
    await held?.close()
  })
})

describe('whether a build would be published', () => {
  test('is told without asking or making anything', async () => {
    const shop = new Workshop({ 'a.html': 'one' })
    const permission = (env = {}) => readPermission(shop.projectDir, { ...shop.env, ...env })
    expect(await permission()).toEqual({ kind: 'mint' })
    expect(await permission({ CI: '1' })).toMatchObject({ kind: 'skip', reason: 'no key in CI' })
    await shop.publish()
    expect(await permission()).toEqual({ kind: 'publish' })
    expect(await permission({ SITEDRIVE_PUBLISH: '0' })).toMatchObject({ kind: 'skip', reason: 'off' })
    rmSync(shop.paths.folders)
    expect(await permission()).toMatchObject({ kind: 'skip', reason: 'not bound' })
  })
})
