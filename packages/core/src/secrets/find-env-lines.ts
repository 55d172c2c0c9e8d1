import type { Report } from './secret-types.js'
import { isMadeUp, looksRandom } from './made-up.js'
import { isSecretOrKeyName } from './secret-names.js'

/** Larger files are not made of variables. Bytes. */
const MAX_BYTES = 262_144

const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$/

/** One variable of a file in the form of `.env`. */
export interface EnvLine {
  name: string
  /** Without quotes and comments. */
  value: string
  /** Place of its line. */
  at: number
}

/** Reports secrets of a file that is made of lines `NAME=value`. */
export function findEnvLines(bytes: Buffer, report: Report): void {
  if (bytes.byteLength > MAX_BYTES || !mayBeEnv(bytes)) return
  const lines = envLines(bytes.toString('latin1'), true)
  // Translations are lines of this form, too: `password_cancel=Annuler`. Only names in capitals are of variables.
  const inCapitals = lines.filter(({ name }) => /^[A-Z][A-Z0-9_]*$/.test(name)).length
  const isEnv = inCapitals * 4 > lines.length * 3
  for (const { name, value, at } of lines) {
    if (!isSecretOrKeyName(name)) continue
    if (isEnv ? isSet(value) : /^[\x21-\x5b\x5d-\x7e]+$/.test(value) && looksRandom(value) && isSet(value))
      report({ rule: 'env-file', what: `a value for \`${name}\``, at, value })
  }
}

/** @param isWhole the text must be made of such lines, else there are none */
export function envLines(text: string, isWhole = false): EnvLine[] {
  const lines: EnvLine[] = []
  let at = 0
  let others = 0
  for (const line of text.split('\n')) {
    const [, name, written = ''] = LINE.exec(line.trimEnd()) ?? []
    if (name !== undefined) lines.push({ name, value: unquoted(written), at })
    else if (line.trim() !== '' && !/^\s*#/.test(line)) others++
    if (isWhole && others > 20 + lines.length) return []
    at += line.length + 1
  }
  return isWhole && others * 5 > lines.length ? [] : lines
}

/** Whether somebody gave it a value that is not there to be replaced. */
export function isSet(value: string): boolean {
  return value.length >= 8 && !/\s/.test(value) && !isElsewhere(value) && !isMadeUp(value, 2.2)
}

/**
 * The same for the project's own `.env`, whose values are real: only what plainly stands for another value is none, and what
 * is a word or a number, since pages are full of them.
 */
export function isGiven(value: string): boolean {
  if (isElsewhere(value) || PLACEHOLDER.test(value)) return false
  if (/^(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+)$/.test(value)) return value.length >= 16
  return value.length >= (/^[\d.,:\s]+$/.test(value) ? 12 : 7)
}

const PLACEHOLDER =
  /^(?:<.*>|\[.*\]|x{3}.*|\*+|\.+|your[-_ ].*|my[-_ ].*|.*change[-_ ]?(?:me|this).*|.*example.*|.*placeholder.*|replace[-_ ].*|insert[-_ ].*|password\d*|secret\d*|letmein\d*)$/i

/** A value that is public, or is not here: of a variable, a command or a file. */
function isElsewhere(value: string): boolean {
  return /^(?:pk[_.]|phc_|AIza|\$[A-Za-z_]|~?\.{0,2}\/|[A-Za-z]:\\)|\$[({]|`|\{\{/.test(value)
}

function unquoted(written: string): string {
  if (written.startsWith('`')) return '' // what a command says
  const quoted = /^(["'])(.*?)\1/.exec(written)
  return quoted ? (quoted[2] ?? '') : written.replace(/\s+#.*$/, '').trim()
}

// Most files are not: their first line tells.
function mayBeEnv(bytes: Buffer): boolean {
  const head = bytes
    .toString('latin1', 0, 200)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
  return /^(?:#|(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=)/.test(head)
}
