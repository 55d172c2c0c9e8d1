import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'preview',
    setupFiles: ['../mirror/test/support/undo-after-all.ts'],
    globalSetup: ['./scripts/bundle-live.mjs', './scripts/bundle-review.mjs']
  }
})
