import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Copies that `npm run guards` works on are no packages of their own.
    projects: ['packages/*', '!packages/testing', '!packages/.guards-*'],
    reporters: ['default'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real processes, stores and networks: much of their time is waiting, so more of them than a small machine has cores.
    maxWorkers: 4
  }
})
