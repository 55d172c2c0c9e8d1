import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderView } from '../../src/content/site-view.js'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-view-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const sha = (text: string) => hash('sha256', text, 'base64url')
const write = (name: string, text: string) => writeFileSync(path.join(dir, name), text)

test('the view of a folder has its files, their sizes and their bytes', async () => {
  write('a.txt', 'hello')
  write('b.txt', 'four')
  const view = folderView(
    dir,
    new Map([
      ['/a.txt', { hash: sha('hello') }],
      ['/b.txt', { hash: sha('four'), stamp: { size: 4 } }]
    ])
  )
  expect([...view.files.values()]).toEqual([
    { path: '/a.txt', hash: sha('hello'), bytes: 5 },
    { path: '/b.txt', hash: sha('four'), bytes: 4 }
  ])
  expect(Buffer.from((await view.read('/a.txt')) ?? '').toString()).toBe('hello')
  expect(Buffer.from((await view.read('/a.txt', 2)) ?? '').toString()).toBe('he')
})

test('a file that changed since, or is gone, or is not of the view, is not read', async () => {
  for (const name of ['same-size', 'longer', 'gone', 'other']) write(name, 'hello')
  const names = ['/same-size', '/longer', '/gone']
  const view = folderView(dir, new Map(names.map((name) => [name, { hash: sha('hello') }])))
  write('same-size', 'hallo')
  write('longer', 'hello!')
  rmSync(path.join(dir, 'gone'))
  for (const name of [...names, '/other', '/../etc/passwd']) expect(await view.read(name)).toBeNull()
})
