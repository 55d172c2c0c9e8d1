import { expect, test } from 'vitest'
import { statusOf } from '../../src/preview/preview-status.js'

const said = (metadata: unknown) => statusOf({ path: '/x', seq: 1, blob: null, metadata })

test('what a hostile preview says of itself is bounded, and what is no time or key is left out', () => {
  const long = 'x'.repeat(1_000_000)
  const { failure, updatedAt, author } = said({
    failure: { message: long, file: long, line: 2 ** 70, column: {} },
    updatedAt: long,
    author: long
  })
  expect(failure?.message).toHaveLength(16_384)
  expect(failure?.file).toHaveLength(4_096)
  expect(failure).toMatchObject({ line: null, column: null })
  expect([updatedAt, author]).toEqual([null, null])
})
