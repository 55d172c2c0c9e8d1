import { expect, onTestFinished, test, vi } from 'vitest'
import { onWake } from '../src/machine/on-wake.js'
import { until } from './support/workshop.js'

test('a process that stood still is told so when it goes on, once', async () => {
  const listener = vi.fn<() => void>()
  onTestFinished(onWake(listener, 100))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300) // nothing runs meanwhile
  await until(() => listener.mock.calls.length > 0)
  expect(listener).toHaveBeenCalledTimes(1)
})
