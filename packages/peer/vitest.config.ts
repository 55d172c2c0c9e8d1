import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'peer',
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['./scripts/bundle-live.mjs', './scripts/bundle-review.mjs']
  }
})
