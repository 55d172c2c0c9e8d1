import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { makeTemporaryFolder } from '../src/holepunch/temporary-folder.js'
import { tempDir } from './support/workshop.js'

const BUILT = path.join(import.meta.dirname, '..', 'dist', 'holepunch', 'temporary-folder.js')

test('a temporary folder is removed with what is in it', async () => {
  const parent = tempDir()
  const { dir, remove } = await makeTemporaryFolder(parent)
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'block'), 'bytes')
  await remove()
  expect(existsSync(path.dirname(dir))).toBe(false)
})

test('a temporary folder that cannot be removed fails nothing', async () => {
  const parent = path.join(tempDir(), 'parent')
  mkdirSync(parent)
  const { remove } = await makeTemporaryFolder(parent)
  rmSync(parent, { recursive: true })
  writeFileSync(parent, 'no folder')
  await expect(remove()).resolves.toBeUndefined()
})

test('the temporary folders of processes that were killed are removed, and those that are in use stay', async () => {
  const parent = tempDir()
  const make = `const { makeTemporaryFolder } = await import(${JSON.stringify(pathToFileURL(BUILT).href)})
    const { dir } = await makeTemporaryFolder(${JSON.stringify(parent)})
    console.log(dir)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', make], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  const killed = path.dirname(printed.toString().trim())

  const first = await makeTemporaryFolder(parent)
  expect(existsSync(killed)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'close')
  const second = await makeTemporaryFolder(parent)
  expect(existsSync(killed)).toBe(false)
  expect(existsSync(path.dirname(first.dir))).toBe(true)
  await Promise.all([first.remove(), second.remove()])
})

test('a temporary folder without a lock stays for a minute: its process may have just made it', async () => {
  const parent = tempDir()
  const [made, old] = ['sitedrive-copy-made', 'sitedrive-copy-old'].map((name) => path.join(parent, name))
  for (const folder of [made, old]) mkdirSync(folder!)
  utimesSync(old!, 0, 0)
  const { remove } = await makeTemporaryFolder(parent)
  expect([existsSync(made!), existsSync(old!)]).toEqual([true, false])
  await remove()
})
