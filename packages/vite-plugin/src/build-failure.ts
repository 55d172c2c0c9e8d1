import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { BuildFailure } from '@sitedrive/core/preview'

/** What Rollup, Rolldown, Vite and esbuild tell of an error besides its message. */
interface ErrorFacts {
  message?: unknown
  id?: unknown
  loc?: { file?: unknown; line?: unknown; column?: unknown } | null
  /** Rolldown: one by one what the message tells together. esbuild: in another form, and the error itself has the place. */
  errors?: unknown
}

/** `Build failed with 1 error:`, which its viewers are told already. */
const ONE_ERROR = /^Build failed with 1 error:\s+/
/** Lines of a stack: they name the internals of other programs, and folders of this machine. */
const STACK_LINES = /^ +at .*(?:\(.+\)|:\d+:\d+|<anonymous>)$\n?/gm
/** The same in Rolldown's Rust. */
const BACKTRACE = /\n+Stack backtrace:\n[^]*$/
/** How Rolldown names a place in a message, from the folder of the process. */
const NAMED_PLACE = /╭─\[ (.+?):(\d+):(\d+) \]/

/** A failed build as viewers of the preview see it. @param projectDir what files are named from */
export function failureFrom(error: unknown, projectDir: string): BuildFailure {
  const facts = factsOf(error)
  const { id, loc } = placed(facts)
  const message = textOf(error, facts, projectDir)
  const [, named = null] = NAMED_PLACE.exec(message) ?? []
  const file =
    typeof loc?.file === 'string' && loc.file !== ''
      ? loc.file
      : typeof id === 'string' && id !== ''
        ? id
        : named && path.resolve(named)
  return {
    message: message || 'The build failed.',
    file: file === null ? null : shownFile(file, projectDir),
    line: numberOf(loc?.line),
    // All count columns from 0.
    column: typeof loc?.column === 'number' ? loc.column + 1 : null
  }
}

/** The facts with the place: those of the error, or of the first one that it tells of. */
function placed(facts: ErrorFacts): ErrorFacts {
  const { loc, id, errors } = facts
  return !loc && !id && Array.isArray(errors) && errors.length > 0 ? factsOf(errors[0]) : facts
}

function textOf(error: unknown, { message }: ErrorFacts, projectDir: string): string {
  const said = stripVTControlCharacters(typeof message === 'string' ? message : String(error))
  return said
    .replace(ONE_ERROR, '')
    .replace(BACKTRACE, '\n')
    .replace(STACK_LINES, '')
    .replaceAll(`${projectDir}${path.sep}`, '')
    .trim()
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
