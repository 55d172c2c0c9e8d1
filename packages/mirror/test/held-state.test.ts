import { expect, test } from 'vitest'
import { SharedState } from '../src/copy/held-state.js'

function shared(): { state: SharedState; closes: () => number } {
  let closes = 0
  const drive = { entry: async () => null, stream: () => never() }
  const state = new SharedState({ version: 2, fork: 0, blobsLength: 0, blobsFork: 0, drive }, () => closes++)
  return { state, closes: () => closes }
}

function never(): never {
  throw new Error('not read in these tests')
}

test('a state is closed when it is retired and nobody uses it', () => {
  const { state, closes } = shared()
  state.hold().release()
  expect(closes()).toBe(0)
  state.retire()
  state.retire()
  expect(closes()).toBe(1)
})

test('a retired state is closed by its last user', () => {
  const { state, closes } = shared()
  const [one, other] = [state.hold(), state.hold()]
  state.retire()
  one.release()
  one.release()
  expect(closes()).toBe(0)
  other.release()
  expect(closes()).toBe(1)
})
