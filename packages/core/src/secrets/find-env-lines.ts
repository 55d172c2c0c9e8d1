import type { Report } from './secret-types.js'
import { isMadeUp, looksRandom } from './made-up.js'
import { isSecretOrKeyName } from './secret-names.js'

/** Larger files are not searched for variables. Bytes. */
const MAX_BYTES = 262_144

const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$/

/** One variable of a file in the format of `.env`. */
export interface EnvLine {
  name: string
  /** Without quotes and comments. */
  value: string
  /** Place of its line in the file. */
  at: number
}

/** Reports secrets in a file of lines `NAME=value`. */
export function findEnvLines(bytes: Buffer, report: Report): void {
  if (bytes.byteLength > MAX_BYTES || !mayBeEnv(bytes)) return
  const lines = envLines(bytes.toString('latin1'), true)
  // Translations have the same format: `password_cancel=Annuler`. Names of variables are in capitals.
  const inCapitals = lines.filter(({ name }) => /^[A-Z][A-Z0-9_]*$/.test(name)).length
  const isEnv = inCapitals * 4 > lines.length * 3
  for (const { name, value, at } of lines) {
    if (!isSecretOrKeyName(name)) continue
    if (isEnv ? isSet(value) : /^[\x21-\x5b\x5d-\x7e]+$/.test(value) && looksRandom(value) && isSet(value))
      report({ rule: 'env-file', what: `a value for \`${name}\``, at, value })
  }
}

/** @param isWhole returns no lines unless most of the text has this format */
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

/** Whether a value is real, not a placeholder or a reference. */
function isSet(value: string): boolean {
  return value.length >= 8 && !/\s/.test(value) && !isElsewhere(value) && !isMadeUp(value, 2.2)
}

/**
 * The same for the project's own `.env`, whose values are real: excludes only clear placeholders and references, and short
 * words and numbers, because pages are full of them.
 */
export function isGiven(value: string): boolean {
  if (isElsewhere(value) || PLACEHOLDER.test(value)) return false
  if (/^(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+)$/.test(value)) return value.length >= 16
  return value.length >= (/^[\d.,:\s]+$/.test(value) ? 12 : 7)
}

const PLACEHOLDER =
  /^(?:<.*>|\[.*\]|x{3}.*|\*+|\.+|your[-_ ].*|my[-_ ].*|.*change[-_ ]?(?:me|this).*|.*example.*|.*placeholder.*|replace[-_ ].*|insert[-_ ].*|password\d*|secret\d*|letmein\d*)$/i

/** A value that is public, or refers to a variable, a command or a file. */
function isElsewhere(value: string): boolean {
  return /^(?:pk[_.]|phc_|AIza|\$[A-Za-z_]|~?\.{0,2}\/|[A-Za-z]:\\)|\$[({]|`|\{\{/.test(value)
}

function unquoted(written: string): string {
  if (written.startsWith('`')) return '' // the output of a command
  const quoted = /^(["'])(.*?)\1/.exec(written)
  return quoted ? (quoted[2] ?? '') : written.replace(/\s+#.*$/, '').trim()
}

// Decides by the first line, because most files are not of this format.
function mayBeEnv(bytes: Buffer): boolean {
  const head = bytes
    .toString('latin1', 0, 200)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
  return /^(?:#|(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=)/.test(head)
}
