import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'terminal',
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // No test mocks a module, so what one file has loaded serves the next.
    isolate: false
  }
})
