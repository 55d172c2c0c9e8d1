import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'reader',
    setupFiles: ['../mirror/test/support/undo-after-all.ts'],
    globalSetup: ['./scripts/bundle-library.mjs']
  }
})
