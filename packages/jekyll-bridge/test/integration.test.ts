import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { describe } from 'vitest'
import { hasJekyll, jekyllDriver } from './support/jekyll-project.js'

describe.skipIf(!hasJekyll)('with Jekyll', () => {
  describe('builds', { tags: 'long' }, () => {
    describeIntegration('Jekyll', jekyllDriver)
  })
  describeWatching('Jekyll', jekyllDriver)
})
