import { createInterface } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { isCi } from './permission.js'
import { printable } from '../text.js'

type Input = Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream
type Output = Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream

/**
 * Returns a function that asks the person at the terminal a yes/no question. Returns null in CI, and when input or output is
 * not a terminal.
 *
 * The answer is yes for `y` and `yes`, and no for everything else and for the end of input. Ctrl-C ends the process.
 */
export function terminalQuestion(
  env: NodeJS.ProcessEnv,
  input: Input = process.stdin,
  output: Output = process.stdout
): ((question: string) => Promise<boolean>) | null {
  const ask = terminalLine(env, input, output)
  return ask && (async (question) => /^y(es)?$/i.test((await ask(`${question} [y/N]`)).trim()))
}

/**
 * As `terminalQuestion`, for a question that a line of text answers.
 *
 * The answer is empty at the end of input.
 */
export function terminalLine(
  env: NodeJS.ProcessEnv,
  input: Input = process.stdin,
  output: Output = process.stdout
): ((question: string) => Promise<string>) | null {
  if (!input.isTTY || !output.isTTY || isCi(env)) return null
  return (question) =>
    new Promise((resolve) => {
      // Not readline/promises: its question never settles when the input ends.
      const terminal = createInterface({ input, output })
      let line = ''
      terminal.once('close', () => resolve(line))
      terminal.once('SIGINT', () => {
        terminal.close() // before the signal, because it ends the raw mode of the terminal
        process.kill(process.pid, 'SIGINT')
      })
      terminal.question(`${question.split('\n').map(printable).join('\n')} `, (answer) => {
        line = answer
        terminal.close()
      })
    })
}
