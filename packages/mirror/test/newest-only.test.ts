import { describe, expect, test } from 'vitest'
import { NewestOnly, type NewestOnlyOptions } from '../src/copy/newest-only.js'
import { until } from './support/until.js'

/** Fetches that end when they are told to. */
function fetches(options: Partial<NewestOnlyOptions> = {}) {
  const started: { end: () => void; fail: (error: Error) => void; signal: AbortSignal }[] = []
  const failures: unknown[] = []
  const newest = new NewestOnly(
    (signal) =>
      new Promise<void>((resolve, reject) => {
        started.push({ end: resolve, fail: reject, signal })
      }),
    { onFailure: (error) => failures.push(error), ...options }
  )
  return { newest, started, failures }
}

describe('fetches', () => {
  test('run one at a time; many changes in the meantime lead to one more', async () => {
    const { newest, started } = fetches()
    newest.ask()
    newest.ask()
    newest.ask()
    expect(started.length).toBe(1)
    started[0]!.end()
    await until('the second', () => started.length === 2)
    started[1]!.end()
    newest.ask()
    await until('the third', () => started.length === 3)
    started[2]!.end()
    await newest.close()
    expect(started.length).toBe(3)
  })

  test('that are overtaken are stopped after a while, even when they do not hear of it', async () => {
    const { newest, started, failures } = fetches({ overtakenMs: 30 })
    newest.ask()
    newest.ask()
    expect(started[0]!.signal.aborted).toBe(false)
    await until('the second', () => started.length === 2)
    expect(started[0]!.signal.aborted).toBe(true)
    started[0]!.fail(new Error('too late to matter'))
    expect(started[1]!.signal.aborted).toBe(false)
    await newest.close()
    expect(failures).toEqual([])
  })

  test('that fail are told of, and tried again', async () => {
    const { newest, started, failures } = fetches({ retryMs: 10 })
    const error = new Error('disk full')
    newest.ask()
    started[0]!.fail(error)
    await until('the second', () => started.length === 2)
    expect(failures).toEqual([error])
    await newest.close()
  })

  test('are stopped by close, and none starts after it', async () => {
    const { newest, started, failures } = fetches({ retryMs: 1 })
    newest.ask()
    newest.ask()
    await Promise.all([newest.close(), newest.close()])
    expect(started[0]!.signal.aborted).toBe(true)
    newest.ask()
    expect(started.length).toBe(1)
    expect(failures).toEqual([])
  })
})
