import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { describe } from 'vitest'
import { eleventyDriver } from './support/eleventy-project.js'

// The code behind it is that of all plugins: `npm test` runs it with Vite, and of Eleventy what sitedrive.test.ts has.
describe('builds', { tags: 'long' }, () => {
  describeIntegration('Eleventy', eleventyDriver)
})
describeWatching('Eleventy', eleventyDriver)
