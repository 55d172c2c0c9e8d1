import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', '!packages/testing'],
    reporters: ['default'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real processes, stores and networks: more workers than cores only make each other late.
    maxWorkers: 2
  }
})
