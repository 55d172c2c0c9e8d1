import { isUtf8 } from 'node:buffer'
import { SitedriveError } from './error.js'

/** Why a file is not what its author meant to write. */
export interface TextFault {
  /** `encoding`: the bytes are not UTF-8, and no byte order mark names another encoding. */
  kind: 'nul' | 'conflict' | 'encoding'
  /** From 1. */
  line: number
}

/** The text of a file that people write. */
export interface WrittenText {
  /** Without a byte order mark, and with `\n` at the end of each line. */
  text: string
  /** null: there is none. */
  fault: TextFault | null
}

/**
 * Decodes a file that people write, such as `_headers` and `.sitedriveignore`: UTF-8, or what its byte order mark names (UTF-16,
 * which Windows PowerShell's `>` writes). Never throws.
 */
export function writtenText(bytes: Uint8Array): WrittenText {
  const marked = markedEncoding(bytes)
  const text = new TextDecoder(marked ?? 'utf-8').decode(bytes).replace(/\r\n?/g, '\n')
  return { text, fault: faultOf(text, marked !== null || isUtf8(bytes)) }
}

/**
 * The text of a file in which nothing may be misread.
 *
 * @param file names it in the error
 * @throws {SitedriveError} CONFIG_INVALID naming the line, when it has a fault
 */
export function faultlessText(file: string, bytes: Uint8Array): string {
  const { text, fault } = writtenText(bytes)
  if (fault === null) return text
  const { why, remedy } = describeTextFault(fault)
  throw new SitedriveError('CONFIG_INVALID', `\`${file}\` cannot be used: it ${why}. ${remedy}`)
}

/** `why` completes the sentence “the file …”. */
export function describeTextFault({ kind, line }: TextFault): { why: string; remedy: string } {
  switch (kind) {
    case 'nul':
      return {
        why: `has a NUL character in line ${line}, as UTF-16 without a byte order mark has`,
        remedy: 'Save it as UTF-8.'
      }
    case 'conflict':
      return {
        why: `holds a merge conflict, which begins in line ${line}`,
        remedy: 'Resolve it: keep what is meant, and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`.'
      }
    case 'encoding':
      return { why: `is not UTF-8 in line ${line}`, remedy: 'Save it as UTF-8.' }
  }
}

function faultOf(text: string, isDecoded: boolean): TextFault | null {
  const nul = text.indexOf('\0')
  if (nul !== -1) return { kind: 'nul', line: lineAt(text, nul) }
  const conflict = conflictAt(text)
  if (conflict !== -1) return { kind: 'conflict', line: lineAt(text, conflict) }
  return isDecoded ? null : { kind: 'encoding', line: lineAt(text, text.indexOf('\uFFFD')) }
}

/** The marks are searched one after another, because a regular expression over all of them can take quadratic time. */
function conflictAt(text: string): number {
  const lines = `\n${text}\n`
  const begin = lines.indexOf('\n<<<<<<< ')
  const middle = begin === -1 ? -1 : lines.indexOf('\n=======\n', begin)
  return middle === -1 || !lines.includes('\n>>>>>>> ', middle) ? -1 : begin
}

/** The line of a place in a text, from 1. */
export function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** The encoding that a byte order mark names; null: there is none. */
export function markedEncoding(bytes: Uint8Array): string | null {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return null
}
