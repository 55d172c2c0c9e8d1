import { printable } from '@sitedrive/core/start'

export const COLORS = { red: 31, green: 32, yellow: 33, dim: 2 } as const
export type Color = keyof typeof COLORS

/** Colors a text where the stream shows colors. */
export type Paint = (color: Color, text: string) => string

/** How the lines of a program look. */
export interface LineStyle {
  /** A line of the result, or of progress. */
  line: (text: string) => string
  warning: (text: string, paint: Paint) => string
  error: (text: string, paint: Paint) => string
  /** The text of an error line that reports a failure. */
  failure: (code: string, message: string) => string
  /** Where the stack of a failure stands, which `SITEDRIVE_DEBUG` adds. */
  stack: 'above' | 'below'
  /** How often progress is a new line where no line can be written over, in milliseconds; null: never. */
  plainProgressMs: number | null
}

/** Lines as they are, with a word before warnings and errors. */
export const plainStyle: LineStyle = {
  line: (text) => text,
  warning: (text, paint) => `${paint('yellow', 'Warning:')} ${text}`,
  error: (text, paint) => `${paint('red', 'Error:')} ${text}`,
  failure: (code, message) =>
    MESSAGES_WITH_LINES.includes(code) ? message.split('\n').map(oneLine).join('\n') : oneLine(message),
  stack: 'below',
  plainProgressMs: 10_000
}

/** Their messages are lists. Core has made each line such that it has no line break of its own. */
const MESSAGES_WITH_LINES = ['CHECKS_FAILED', 'SECRET_FOUND']

/**
 * Lines that begin with a topic which is aligned right, for a program whose lines stand among those of another program.
 *
 * @param topic such as `Sitedrive`
 * @param columns the width of the topic with the blank behind it
 */
export function topicStyle(topic: string, columns: number): LineStyle {
  const label = (text: string) => `${text} `.padStart(columns)
  return {
    line: (text) => label(`${topic}:`) + printable(text),
    warning: (text, paint) => paint('yellow', label(`${topic} warning:`) + printable(text)),
    error: (text, paint) => paint('red', label(`${topic} error:`) + oneLine(text)),
    failure: (code, message) => (code === 'UNEXPECTED' ? message : `${message} (${code})`),
    stack: 'above', // the error is then the last line below those of the other program
    plainProgressMs: null // the other program prints its own progress
  }
}

/** A message on one line, whatever a library wrote into it. */
function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, ' '))
}
