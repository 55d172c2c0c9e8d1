import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { describe } from 'vitest'
import { hasJekyll, jekyllDriver } from './support/jekyll-project.js'

// The code behind it is that of all plugins: `npm test` runs it with Vite, and of Jekyll what build and serve.test.ts have.
describe.skipIf(!hasJekyll)('with Jekyll', { tags: 'long' }, () => {
  describeIntegration('Jekyll', jekyllDriver)
  describeWatching('Jekyll', jekyllDriver)
})
