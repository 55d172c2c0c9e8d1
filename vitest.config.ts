import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'

/** The longest, so that nobody waits for it alone in the end. */
const FIRST = /core\/test\/model\//

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isFirst = ({ moduleId }: TestSpecification) => FIRST.test(moduleId)
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))]
  }
}

export default defineConfig({
  test: {
    // Copies that `npm run guards` works on are no packages of their own.
    projects: ['packages/*', '!packages/testing', '!packages/.guards-*'],
    reporters: ['default'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
    // Real processes, stores and networks: much of their time is waiting, so more of them than a small machine has cores.
    maxWorkers: 4
  }
})
