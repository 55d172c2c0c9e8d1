import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.js'

/** These replace modules, which no other test may meet. */
const REPLACING = ['packages/core/test/model/*.test.ts', 'packages/core/test/running-checks.test.ts']

/** The model takes longest: it begins, so that nobody waits for it alone in the end. */
class ModelFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) => (project.name === 'core-model' ? 0 : 1)
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
            'packages/preview/scripts/bundle-review.mjs'
          ]
        }
      },
      { test: { ...shared, name: 'core-model', include: REPLACING, isolate: true } }
    ],
    reporters: ['default'],
    tags: shared.tags,
    sequence: { sequencer: ModelFirst },
    // Real processes, stores and networks: much of their time is waiting, so more of them than a small machine has cores.
    maxWorkers: 5
  }
})
