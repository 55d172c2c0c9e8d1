import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { isCi } from './permission.js'
import { printable } from '../text.js'

/**
 * Returns a function that asks the person at the terminal a yes/no question. Returns null in CI, and when input or output is
 * not a terminal.
 *
 * The answer is yes for `y` and `yes`, and no for everything else and for the end of input. Ctrl-C ends the process.
 */
export function terminalQuestion(
  env: NodeJS.ProcessEnv,
  input: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream = process.stdin,
  output: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream = process.stdout
): ((question: string) => Promise<boolean>) | null {
  if (!input.isTTY || !output.isTTY || isCi(env)) return null
  return (question) =>
    new Promise((resolve) => {
      // Not readline/promises: its question never settles when the input ends.
      const terminal = createInterface({ input, output })
      let isYes = false
      terminal.once('close', () => resolve(isYes))
      terminal.once('SIGINT', () => {
        terminal.close() // before the signal, because it ends the raw mode of the terminal
        process.kill(process.pid, 'SIGINT')
      })
      terminal.question(`${question.split('\n').map(printable).join('\n')} [y/N] `, (answer) => {
        isYes = /^y(es)?$/i.test(answer.trim())
        terminal.close()
      })
    })
}
