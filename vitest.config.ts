import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.js'

/** These replace modules, which no other test may meet. */
const REPLACING = ['packages/core/test/model/*.test.ts', 'packages/core/test/running-checks.test.ts']

/** What takes long, longest first: it begins, so that nobody waits for one of these alone in the end. */
const SLOW = [
  'core/test/model/',
  'eleventy-plugin/test/story',
  'preview/test/live/process',
  'vite-plugin/test/integration',
  'vite-plugin/test/dev',
  'core/test/seed-uplink',
  'core/test/vanilla-client',
  'cli/test/watch',
  'core/test/kill',
  'preview/test/review/',
  'eleventy-plugin/',
  'jekyll-bridge/',
  'vite-plugin/'
]

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      SLOW.findIndex((part) => moduleId.includes(`packages/${part}`)) >>> 0 // others: the highest number
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    // One for all packages: a worker is only handed on to a file of the same project, and a new one costs more than most files.
    projects: [
      {
        test: {
          ...shared,
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts'],
          // Copies that `npm run guards` works on are no packages of their own.
          exclude: [...REPLACING, 'packages/.guards-*/**', '**/node_modules/**'],
          setupFiles: ['packages/mirror/test/support/undo-after-all.ts'],
          globalSetup: [
            'packages/preview/scripts/bundle-live.mjs',
            'packages/preview/scripts/bundle-review.mjs',
            'packages/reader/scripts/bundle-library.mjs'
          ]
        }
      },
      { test: { ...shared, name: 'core-model', include: REPLACING, isolate: true } }
    ],
    reporters: ['default'],
    tags: shared.tags,
    sequence: { sequencer: SlowFirst },
    // Real processes, stores and networks: much of their time is waiting, so more of them than a small machine has cores.
    maxWorkers: 5
  }
})
