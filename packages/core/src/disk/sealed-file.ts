import { hash } from 'node:crypto'
import { readIfThere, replaceFileQuickly } from './durable-file.js'

/**
 * Reads what `writeSealed` wrote.
 *
 * @param format names what the text is and how it is written
 * @returns null when there is none, when it is of another format, and when it is damaged or cannot be read
 */
export function readSealed(file: string, format: string): string | null {
  try {
    const text = readIfThere(file)
    if (text === null) return null
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    // guard: a damaged cache is made anew
    return text.slice(0, end) === seal(format, body) ? body : null
  } catch {
    return null
  }
}

/** Replaces a file as one step, with a first line that tells whether the rest is whole. For what can be made anew. */
export function writeSealed(file: string, format: string, body: string): void {
  replaceFileQuickly(file, `${seal(format, body)}\n${body}`)
}

function seal(format: string, body: string): string {
  return `${format} ${hash('sha256', body, 'base64url')}`
}
