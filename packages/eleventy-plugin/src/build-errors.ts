import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { EleventyLogger } from './eleventy.js'

const HOOKED = Symbol.for('@sitedrive/eleventy-plugin: hears errors')

/**
 * Listens to what Eleventy prints of a failed build. No event tells of one: of all that plugins get, only the log has the reason.
 *
 * @param onError called with each line of an error, at the time it is printed
 */
export function onErrors(logger: EleventyLogger, onError: (line: string) => void): void {
  const hooked = logger as EleventyLogger & { [HOOKED]?: (line: string) => void }
  const isHooked = hooked[HOOKED] !== undefined
  hooked[HOOKED] = onError
  if (isHooked || typeof logger.message !== 'function') return
  const message = logger.message.bind(logger)
  logger.message = (text, type, ...rest) => {
    if (type === 'error') hooked[HOOKED]?.(String(text))
    return message(text, type, ...rest)
  }
}

/** Where a build went wrong, as far as the generator names it. */
interface Place {
  file: string | null
  line: number | null
  column: number | null
  /** The line was counted in the whole file, with its front matter. */
  isInFile?: boolean
}

const STACK = /^\s*Original error stack trace/

/** What a failed build's lines say, with the place where they name one. */
export function failureFrom(lines: readonly string[]): BuildFailure {
  // The first line of several says only that writing, or watching, has failed.
  const said = lines.filter((line, index) => !STACK.test(line) && (index > 0 || !/^[^\n]*:$/.test(line)))
  const message = said.join('\n').trim() || lines.join('\n').trim() || 'The build failed.'
  const stack = lines.find((line) => STACK.test(line)) ?? ''
  const place = inTemplate(message, stack) ?? inModule(stack) ?? inData(message)
  return { message: causeFirst(message), ...place, file: place.file && fromHere(place.file) }
}

/** Eleventy counts from what it was doing down to the cause, which is what a person wants to read. */
function causeFirst(message: string): string {
  const causes = message.split(/^\d+\. /m).filter(Boolean)
  if (causes.length < 2) return message
  const cause = causes
    .at(-1)
    ?.replace(/ \(via [\w ]+\)$/, '')
    .trim()
  return cause ? `${cause}\n\n${message}` : message
}

/** Nunjucks: `(./page.njk) [Line 3, Column 5]`, of an include below it; Liquid: `file:./page.md, line:3, col:5`. */
function inTemplate(message: string, stack: string): Place | null {
  const nunjucks = [...message.matchAll(/^(?:\d+\.)? ?\((.+?)\)(?: \[Line (\d+), Column (\d+)\])?$/gm)].at(-1)
  const [, file, line, column] = nunjucks ?? /, file:(.+), line:(\d+), col:(\d+)/.exec(message) ?? []
  if (file === undefined) return null
  const named: Place = { file, line: numberOf(line), column: numberOf(column) }
  const place = nunjucks && isRendering(stack) ? whileRendering(named, message, stack) : named
  // What was searched for in the file has the file's own number.
  if (place.line === null || place.isInFile) return { file, line: place.line, column: place.column }
  return { file, line: place.line + hiddenLines(file), column: place.column }
}

/** Whether Nunjucks had read the template, and failed in the code that it made of it. */
function isRendering(stack: string): boolean {
  return stack.includes('(eval at _compile')
}

/**
 * While it renders, Nunjucks counts from 0, and knows the place of calls only: that of another error is the place of the call
 * before.
 */
function whileRendering(named: Place, message: string, stack: string): Place {
  const { file, line, column } = named
  const [, filter] = /\bfilter not found: ([\w.]+)/.exec(message) ?? []
  if (filter !== undefined) return { ...placeOfFilter(file ?? '', filter), isInFile: true }
  const isCall = line !== null && column !== null && /\bcallWrap\b/.test(stack)
  return { file, line: isCall ? line + 1 : null, column: isCall ? column + 1 : null }
}

/** Nunjucks does not say where it met a filter that it does not know: the file tells. */
function placeOfFilter(file: string, filter: string): Place {
  const uses = new RegExp(`(?:\\|\\s*|\\{%-?\\s*filter\\s+)(?=${filter.replaceAll('.', '\\.')}(?![\\w.]))`)
  const lines = textOf(file).split(/\r\n?|\n/)
  const at = lines.findIndex((line) => uses.test(line))
  if (at === -1) return { file, line: null, column: null }
  const [before = ''] = uses.exec(lines[at]!) ?? []
  return { file, line: at + 1, column: lines[at]!.search(uses) + before.length + 1 }
}

/** The innermost place in a stack that is the project's own. */
function inModule(stack: string): Place | null {
  for (const [, url = '', line, column] of stack.matchAll(/(file:\/\/[^\s()]+?):(\d+):(\d+)/g)) {
    if (url.includes('/node_modules/')) continue
    try {
      return { file: fileURLToPath(url), line: numberOf(line), column: numberOf(column) }
    } catch {
      // no path of this machine
    }
  }
  return null
}

/** YAML: `(3:5)`; JSON: `(line 3 column 5)`, with newer versions of Node.js. */
function inData(message: string): Place {
  const [, line, column] = /\((?:line )?(\d+)(?::| column )(\d+)\)/.exec(message) ?? []
  const file = FILES.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined)
  return { file: file ?? null, line: numberOf(line), column: numberOf(column) }
}

/** How Eleventy names the file at fault; what comes first is the surest. */
const FILES = [
  /\bfrom (?:template )?"?(\.\/.+?)"?(?: \(via |$)/m,
  /\b(?:template|data file) "?(\.\/.+?)"?(?: \(via |$)/m,
  /\bimporting '(.+?)'/,
  /[("'`](\.\/.+?)[)"'`]/
]

/**
 * Lines of front matter, which Eleventy takes off before a template engine sees the rest and counts from 1. Includes are
 * named by their whole path, and stay as they are.
 */
function hiddenLines(file: string): number {
  if (path.isAbsolute(file)) return 0
  const frontMatter = /^\uFEFF?---[^\n]*\n(?:[^]*?\n)??---[^\n]*(?:\n|$)/.exec(textOf(file))?.[0] ?? ''
  return frontMatter.split('\n').length - 1
}

/** Empty when it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** A file as Eleventy names them: from the folder that it runs in. */
function fromHere(file: string): string {
  const relative = path.relative('.', file)
  return relative.startsWith('..') ? file : `./${relative.split(path.sep).join('/')}`
}

function numberOf(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits)
}
