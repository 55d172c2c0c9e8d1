import { Program } from './program.mjs'
import { until } from './wait.mjs'

/** How long such a process may take to be ready. Milliseconds. */
const READY_MS = 120_000
/** How long it may take to end well. Milliseconds. */
const END_MS = 60_000

/** A process of `sitedrive` that says where it is and runs until it is stopped: `peer`, `watch`, `preview`. */
export class LongRunning {
  /**
   * @param {string[]} words
   * @param {{ cwd: string, env: Record<string, string>, stdin?: string }} options
   * @throws when it ends, or is not ready in time
   */
  static async start(words, options) {
    const started = new LongRunning()
    const began = performance.now()
    started.name = words[0]
    started.program = new Program(words, options)
    started.program.stopsDeadline()
    started.answer = await until(
      `\`sitedrive ${words[0]}\` is ready`,
      () => {
        const { isRunning, stderr, answer } = started.program
        if (!isRunning) throw new Error(`\`sitedrive ${words[0]}\` ended: ${stderr}`)
        return answer
      },
      READY_MS
    )
    started.startMs = performance.now() - began
    return started
  }

  get pid() {
    return this.program.child.pid
  }

  /** @throws when it had ended before, or does not end well */
  async stop() {
    const { program, name } = this
    if (!program.isRunning) throw new Error(`\`sitedrive ${name}\` had ended: ${program.stderr}`)
    program.kill('SIGTERM')
    await until(`\`sitedrive ${name}\` ends`, () => !program.isRunning, END_MS)
    const ended = await program.ended
    if (ended !== 0) throw new Error(`\`sitedrive ${name}\` ended with ${ended}: ${program.stderr}`)
  }
}
