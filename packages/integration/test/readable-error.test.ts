import { SitedriveError } from '@sitedrive/core'
import { describe, expect, test } from 'vitest'
import { readableError } from '../src/readable-error.js'

describe('an error of ours, for a generator', () => {
  test('names the code in place of a stack, and how a build lets the publish go on', () => {
    const error = new SitedriveError('SHRINK_REFUSED', 'It lacks files.', {
      remedy: { action: 'allow shrink', sentence: 'If they are meant to go, publish once with {}.' }
    })
    const message = 'It lacks files. If they are meant to go, publish once with SITEDRIVE_ALLOW=shrink.'
    expect(readableError(error)).toMatchObject({
      message,
      stack: `SitedriveError SHRINK_REFUSED: ${message}`
    })
    expect(readableError(readableError(error))).toMatchObject({ message })
  })

  test('of somebody else is left as it is', () => {
    const error = new TypeError('x is not a function')
    const { stack } = error
    expect(readableError(error)).toBe(error)
    expect(error.stack).toBe(stack)
  })
})
