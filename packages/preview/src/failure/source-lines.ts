import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { writtenText } from '@sitedrive/core/internal'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { SourceLines } from './source-excerpt.js'

/** Lines before the marked one, and after it. */
const AROUND = 3
/** Longer lines are cut. Characters. */
const MAX_LINE = 200
/** How much of a cut line is kept before the fault. Characters. */
const BEFORE_FAULT = 120
const MAX_BYTES = 1024 * 1024

/**
 * Templates, text, styles and code. Data and settings are not among them: they may hold secrets, and a script of the
 * previewed site can read what its page shows.
 */
const SOURCE =
  /\.(x?html?|svg|md|mdx|markdown|txt|textile|njk|liquid|webc|vto|hbs|handlebars|mustache|ejs|haml|slim|pug|erb|twig|j2|jinja2?|tmpl|astro|svelte|vue|[cm]?[jt]sx?|rb|p?css|s[ac]ss|less|styl)$/i

/** Files and folders with a dot that hold no secrets by custom. */
const HARMLESS = new Set(['.eleventy.js', '.vitepress'])

/**
 * Reads the lines around the place that a generator names. They are for the author's own browser, and are never sent to
 * other machines.
 *
 * @param projectDir absolute; files outside of it are not read
 * @returns null when the place is not known, or no file whose lines may be shown
 */
export function sourceLines(
  projectDir: string,
  { file, line, column = null }: BuildFailure
): SourceLines | null {
  if (!file || !line || line < 1) return null
  try {
    const text = readSource(projectDir, file)
    return text === null ? null : linesAround(text, line, column)
  } catch {
    return null // the message is shown without it
  }
}

function readSource(projectDir: string, file: string): string | null {
  // guard: overlay: what links lead to counts, not what they are called
  const root = realpathSync(projectDir)
  const real = realpathSync(path.resolve(root, file))
  const parts = path.relative(root, real).split(path.sep)
  if (path.isAbsolute(parts.join(path.sep)) || parts[0] === '..') return null
  if (!isSource(parts)) return null
  // Not blocking: opening a pipe would wait for a writer.
  const opened = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(opened)
    if (!stats.isFile() || stats.size > MAX_BYTES) return null
    const bytes = Buffer.alloc(stats.size)
    const { text } = writtenText(bytes.subarray(0, readSync(opened, bytes)))
    return text.includes('\0') ? null : text
  } finally {
    closeSync(opened)
  }
}

/** Whether what a file says may be shown. @param parts of its path from the project folder */
function isSource(parts: readonly string[]): boolean {
  const isHidden = parts.some((part) => part.startsWith('.') && !/^\.+$/.test(part) && !HARMLESS.has(part))
  return SOURCE.test(parts.at(-1) ?? '') && !isHidden
}

/**
 * The failure as other machines are told of it. Generators quote the place in their messages: what they quote of data and
 * settings may be a secret.
 */
export function toldToOthers(failure: BuildFailure): BuildFailure {
  const { file } = failure
  // guard: overlay: what is said of data stays on this machine
  if (!file || isSource(file.split(/[/\\]/))) return failure
  return { ...failure, message: WITHHELD }
}

const WITHHELD =
  'The file at fault is none of text or code. What the generator says may quote it, so only the author is told.'

function linesAround(text: string, line: number, column: number | null): SourceLines | null {
  const all = text.split('\n')
  const marked = all[line - 1]
  if (marked === undefined) return null
  const known = column !== null && column >= 1 && column <= marked.length + 1 ? column : null
  // One window for all lines, so that they stay below one another.
  const cut = known !== null && known > MAX_LINE - 20 ? known - BEFORE_FAULT : 0
  const first = Math.max(1, line - AROUND)
  return {
    first,
    lines: all.slice(first - 1, line + AROUND).map((each) => shown(each.slice(cut, cut + MAX_LINE))),
    column: known === null ? null : known - cut
  }
}

/** Tabs are wider in some fonts than in others, and would move the mark. */
function shown(line: string): string {
  return line.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}
