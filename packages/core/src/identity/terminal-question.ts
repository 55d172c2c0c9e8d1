import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { isCi } from './permission.js'
import { printable } from '../text.js'

/**
 * A way to ask the person at the terminal yes or no, or null where nobody would answer: in CI, and where input or output
 * is not a terminal.
 *
 * The answer is no unless it is `y` or `yes`; so is the end of input. Ctrl-C ends the process, as it would without a
 * question.
 */
export function terminalQuestion(
  env: NodeJS.ProcessEnv,
  input: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream = process.stdin,
  output: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream = process.stdout
): ((question: string) => Promise<boolean>) | null {
  if (!input.isTTY || !output.isTTY || isCi(env)) return null
  return (question) =>
    new Promise((resolve) => {
      // The plain interface, not that of readline/promises: its question never settles when the input ends.
      const terminal = createInterface({ input, output })
      let isYes = false
      terminal.once('close', () => resolve(isYes))
      terminal.once('SIGINT', () => {
        terminal.close() // first: it takes the terminal out of raw mode
        process.kill(process.pid, 'SIGINT')
      })
      terminal.question(`${question.split('\n').map(printable).join('\n')} [y/N] `, (answer) => {
        isYes = /^y(es)?$/i.test(answer.trim())
        terminal.close()
      })
    })
}
