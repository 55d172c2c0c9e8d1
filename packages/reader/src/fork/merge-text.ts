import { diff3Merge } from 'node-diff3'

/** Larger texts are not merged line by line: the time grows with the square of the differences. Bytes. */
const MAX_BYTES = 1_000_000

export interface MergedText {
  bytes: Buffer
  /** Both sides changed the same lines. They are marked as git marks them. */
  hasConflict: boolean
}

/**
 * Merges what two sides made of a text.
 *
 * @param base what both began with; null: both added the file
 * @param labels what the marks name
 * @returns null when one of them is no text, or too large
 */
export function mergeTexts(
  { ours, base, theirs }: { ours: Buffer; base: Buffer | null; theirs: Buffer },
  labels: { ours: string; theirs: string }
): MergedText | null {
  const [a, o, b] = [ours, base ?? Buffer.alloc(0), theirs].map(linesOf)
  if (!a || !o || !b) return null
  let hasConflict = false
  const lines: string[] = []
  for (const part of diff3Merge(a, o, b, { excludeFalseConflicts: true })) {
    if (part.ok) lines.push(...part.ok)
    if (!part.conflict) continue
    hasConflict = true
    lines.push(
      `<<<<<<< ${labels.ours}\n`,
      ...ended(part.conflict.a),
      '=======\n',
      ...ended(part.conflict.b),
      `>>>>>>> ${labels.theirs}\n`
    )
  }
  return { bytes: Buffer.from(lines.join('')), hasConflict }
}

/** Whether a text has the marks of a merge that nobody has resolved. */
export function hasMarks(bytes: Buffer): boolean {
  return /^<{7} .*\n[^]*^={7}\r?\n[^]*^>{7} /m.test(bytes.toString('latin1'))
}

/** Lines with their ends; null: no text. */
function linesOf(bytes: Buffer): string[] | null {
  if (bytes.byteLength > MAX_BYTES || bytes.includes(0)) return null
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? (text.match(/[^\n]*\n|[^\n]+$/g) ?? []) : null
}

/** The last line of a file may have no end; a mark follows it here. */
function ended(lines: readonly string[]): string[] {
  return lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`))
}
