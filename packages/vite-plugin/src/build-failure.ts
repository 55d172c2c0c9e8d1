import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { BuildFailure } from '@sitedrive/core/preview'

/** What Rollup, Rolldown and Vite tell of an error besides its message. */
interface ErrorFacts {
  message?: unknown
  id?: unknown
  loc?: { file?: unknown; line?: unknown; column?: unknown } | null
  /** Rolldown: one by one what the message tells together. */
  errors?: unknown
}

/** A failed build as viewers of the preview see it. @param root what files are named from */
export function failureFrom(error: unknown, root: string): BuildFailure {
  const facts = factsOf(error)
  const { message, errors } = facts
  const { id, loc } = Array.isArray(errors) && errors.length > 0 ? factsOf(errors[0]) : facts
  const text = typeof message === 'string' ? message : String(error)
  const file = typeof loc?.file === 'string' ? loc.file : typeof id === 'string' ? id : null
  return {
    message: stripVTControlCharacters(text).trim() || 'The build failed.',
    file: file === null ? null : shownFile(file, root),
    line: numberOf(loc?.line),
    // Both count columns from 0.
    column: typeof loc?.column === 'number' ? loc.column + 1 : null
  }
}

function factsOf(error: unknown): ErrorFacts {
  return typeof error === 'object' && error !== null ? error : {}
}

function shownFile(file: string, root: string): string {
  const plain = file.replace(/^\0/, '').replace(/[?#].*$/, '')
  return path.isAbsolute(plain) ? path.relative(root, plain).split(path.sep).join('/') : plain
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
