import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'mirror',
    // No test mocks a module, so what one file has loaded serves the next.
    isolate: false,
    setupFiles: ['./test/support/undo-after-all.ts']
  }
})
