import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.js'

/** The longest, so that nobody waits for it alone in the end. */
const FIRST = /core\/test\/model\//

/** These replace modules, which no other test may meet. */
const REPLACING = ['test/model/*.test.ts', 'test/running-checks.test.ts']

/** Of a project all files one after the other: a worker is only handed on to a file of the same project. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => (FIRST.test(moduleId) ? '' : project.name)
    return (await super.sort(files)).toSorted((one, other) => rank(one).localeCompare(rank(other)))
  }
}

export default defineConfig({
  test: {
    // Copies that `npm run guards` works on are no packages of their own.
    projects: [
      'packages/*',
      '!packages/testing',
      '!packages/core',
      '!packages/.guards-*',
      { root: 'packages/core', test: { ...shared, name: 'core', exclude: REPLACING } },
      { root: 'packages/core', test: { ...shared, name: 'core-model', include: REPLACING, isolate: true } }
    ],
    reporters: ['default'],
    tags: shared.tags,
    sequence: { sequencer: ByProject },
    // Real processes, stores and networks: much of their time is waiting, so more of them than a small machine has cores.
    maxWorkers: 6
  }
})
