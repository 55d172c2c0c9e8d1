import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import { acquireWriterLock, mayBeLocked, type LockHolder } from '../src/machine/writer-process-lock.js'
import { codeOfRejection, tempDir } from './support/workshop.js'

test('a second writer waits, hears of the first, and goes on when it is done', async () => {
  const file = path.join(tempDir(), 'lock')
  const first = await acquireWriterLock(file, { timeoutMs: 0, onWait: () => {} })
  expect(mayBeLocked(file)).toBe(true)
  const heard: (LockHolder | null)[] = []
  const second = acquireWriterLock(file, {
    timeoutMs: 5000,
    onWait: (holder) => {
      heard.push(holder)
      first.release()
    }
  })
  ;(await second).release()
  expect(heard).toEqual([
    { pid: process.pid, command: expect.any(String) as string, since: expect.any(String) as string }
  ])
  expect(mayBeLocked(file)).toBe(false)
})

test('the lock of a killed process is free at once', async () => {
  const file = path.join(tempDir(), 'lock')
  const module = new URL('../dist/machine/writer-process-lock.js', import.meta.url).href
  const script = `const { acquireWriterLock } = await import(${JSON.stringify(module)})
    await acquireWriterLock(${JSON.stringify(file)}, { timeoutMs: 0, onWait() {} })
    console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  await once(child.stdout, 'data')
  expect(await codeOfRejection(acquireWriterLock(file, { timeoutMs: 10, onWait: () => {} }))).toBe(
    'LOCK_TIMEOUT'
  )
  child.kill('SIGKILL')
  await once(child, 'close')
  ;(await acquireWriterLock(file, { timeoutMs: 0, onWait: () => {} })).release()
})

test('waiting ends when it is called off', async () => {
  const file = path.join(tempDir(), 'lock')
  const first = await acquireWriterLock(file, { timeoutMs: 0, onWait: () => {} })
  const stop = new AbortController()
  const waiting = acquireWriterLock(file, {
    timeoutMs: 5000,
    onWait: () => stop.abort(),
    signal: stop.signal
  })
  expect(await codeOfRejection(waiting)).toBe('ABORTED')
  first.release()
})
