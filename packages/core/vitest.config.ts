import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'core',
    // For runs in this folder. The config of the workspace isolates only the files that replace modules.
    isolate: true
  }
})
