import type { Report } from './contract.js'
import { isMadeUp } from './made-up.js'
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
  for (const { name, value, at } of envLines(bytes.toString('latin1'), true)) {
    if (isSecretOrKeyName(name) && isSet(value))
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
  return value.length >= 8 && !/\s/.test(value) && !/^(?:pk[_.]|AIza)/.test(value) && !isMadeUp(value, 2.2)
}

function unquoted(written: string): string {
  const quoted = /^(["'`])(.*?)\1/.exec(written)
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
