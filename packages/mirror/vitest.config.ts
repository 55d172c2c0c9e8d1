import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'mirror',
    setupFiles: ['./test/support/undo-after-all.ts']
  }
})
