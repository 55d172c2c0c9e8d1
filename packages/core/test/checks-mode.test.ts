import { expect, test } from 'vitest'
import { checksModeFrom } from '../src/checks/checks-mode.js'
import { createPublisher } from '../src/publish/publisher.js'

test('what checks do is one of three words, and no word says nothing', () => {
  expect(['warn', 'fail', 'off', '', undefined].map(checksModeFrom)).toEqual([
    'warn',
    'fail',
    'off',
    undefined,
    undefined
  ])
})

test('another word in SITEDRIVE_CHECKS is an error that names those that are known', () => {
  const open = () => createPublisher({ projectDir: '/nowhere', env: { SITEDRIVE_CHECKS: 'strict' } })
  expect(open).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('`fail`') })
  )
})
