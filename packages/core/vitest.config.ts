import { defineConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.js'

export default defineConfig({
  test: {
    ...shared,
    name: 'core',
    // The model and the tests of running checks replace modules, which no other file may meet.
    isolate: true
  }
})
