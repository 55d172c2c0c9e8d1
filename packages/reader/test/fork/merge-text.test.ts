import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { hasMarks, mergeTexts } from '../../src/fork/merge-text.js'
import { tempDir } from '../../../mirror/test/support/folders.js'

const LABELS = { ours: 'yours', theirs: 'theirs' }
const TEXT = Array.from({ length: 12 }, (_, n) => `line ${n}\n`)

/** What git makes of three texts. */
function byGit({ ours, base, theirs }: Record<'ours' | 'base' | 'theirs', string>) {
  const dir = tempDir()
  const files = Object.entries({ ours, base, theirs }).map(([name, text]) => {
    writeFileSync(path.join(dir, name), text)
    return path.join(dir, name)
  })
  const { status, stdout } = spawnSync(
    'git',
    ['merge-file', '-p', '-L', 'yours', '-L', 'base', '-L', 'theirs', ...files],
    {
      encoding: 'utf8'
    }
  )
  return { text: stdout, hasConflict: (status ?? 0) > 0 }
}

const edited = (edits: Record<number, string>) => TEXT.map((line, n) => edits[n] ?? line).join('')

test.each([
  ['other lines of a text', edited({ 1: 'ours\n' }), edited({ 9: 'theirs\n' })],
  ['the same line in the same way', edited({ 5: 'both\n' }), edited({ 5: 'both\n' })],
  ['the same line', edited({ 5: 'ours\n' }), edited({ 5: 'theirs\n' })],
  ['lines at its end, of which one has no end', edited({ 11: 'ours' }), edited({ 0: 'theirs\n' })],
  ['lines that one took out', edited({ 3: '', 4: '' }), edited({ 8: 'more\nand more\n' })],
  ['one line and took it out', edited({ 6: 'ours\n' }), edited({ 6: '' })]
])('what two sides made of %s is merged as git merges it', (_what, ours, theirs) => {
  const base = TEXT.join('')
  const merged = mergeTexts(
    { ours: Buffer.from(ours), base: Buffer.from(base), theirs: Buffer.from(theirs) },
    LABELS
  )
  const { text, hasConflict } = byGit({ ours, base, theirs })
  expect([merged?.bytes.toString(), merged?.hasConflict]).toEqual([text, hasConflict])
  expect(hasMarks(merged?.bytes ?? Buffer.alloc(0))).toBe(hasConflict)
})

test('a file that both added is in conflict, and what is no text is not merged', () => {
  const added = mergeTexts({ ours: Buffer.from('a\n'), base: null, theirs: Buffer.from('b\n') }, LABELS)
  expect(added?.hasConflict).toBe(true)
  for (const bytes of [
    Buffer.from([0x89, 0x50, 0, 1]),
    Buffer.from([0xff, 0xfe, 0x41]),
    Buffer.alloc(2_000_000, 'x\n')
  ])
    expect(mergeTexts({ ours: bytes, base: Buffer.from('a'), theirs: Buffer.from('b') }, LABELS)).toBeNull()
})
