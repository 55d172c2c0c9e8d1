import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'peer',
    // No test mocks a module, so what one file has loaded serves the next.
    isolate: false,
    setupFiles: ['../mirror/test/support/undo-after-all.ts']
  }
})
