import { printable } from '@sitedrive/core/start'

export const COLORS = { red: 31, green: 32, yellow: 33, dim: 2 } as const
export type Color = keyof typeof COLORS

/** Colors a text when the stream shows colors. */
export type Paint = (color: Color, text: string) => string

/** The formats of a program's output lines. */
export interface LineStyle {
  /** Formats a line of the result or of the progress. */
  line: (text: string) => string
  warning: (text: string, paint: Paint) => string
  error: (text: string, paint: Paint) => string
  /** Makes the text of the error line of a failure. */
  failure: (code: string, message: string) => string
  /** Where `SITEDRIVE_DEBUG` prints the stack of a failure: above or below the error line. */
  stack: 'above' | 'below'
  /** The interval between progress lines on streams where a line cannot be overwritten; null: none are written. Milliseconds. */
  plainProgressMs: number | null
}

/** Unchanged lines, with a word before warnings and errors. */
export const plainStyle: LineStyle = {
  line: (text) => text,
  warning: (text, paint) => `${paint('yellow', 'Warning:')} ${text}`,
  error: (text, paint) => `${paint('red', 'Error:')} ${text}`,
  failure: (code, message) =>
    MESSAGES_WITH_LINES.includes(code) ? message.split('\n').map(oneLine).join('\n') : oneLine(message),
  stack: 'below',
  plainProgressMs: 10_000
}

/** The messages with these codes are lists. Core makes sure that no item contains a line break. */
const MESSAGES_WITH_LINES = ['CHECKS_FAILED', 'SECRET_FOUND']

/**
 * Lines with a right-aligned topic before the text, for a program whose output is mixed with that of another program.
 *
 * @param topic such as `Sitedrive`
 * @param columns the width of the topic and the space after it
 */
export function topicStyle(topic: string, columns: number): LineStyle {
  const label = (text: string) => `${text} `.padStart(columns)
  return {
    line: (text) => label(`${topic}:`) + printable(text),
    warning: (text, paint) => paint('yellow', label(`${topic} warning:`) + printable(text)),
    error: (text, paint) => paint('red', label(`${topic} error:`) + oneLine(text)),
    failure: (code, message) => (code === 'UNEXPECTED' ? message : `${message} (${code})`),
    stack: 'above', // so the error is the last line
    plainProgressMs: null // the other program prints its own progress
  }
}

/** Puts a message on one line: messages of libraries may have line breaks. */
function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, ' '))
}
