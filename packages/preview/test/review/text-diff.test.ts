import { describe, expect, test } from 'vitest'
import { diffTexts } from '../../src/review/text-diff.js'

const woven = (before: string[], now: string[]) => diffTexts(before, now, { context: 1, isWoven: true })
const lines = (before: string[], now: string[]) => diffTexts(before, now, { context: 3, isWoven: false })
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `paragraph number ${n}`)

/** `-` gone, `+` new, `~` changed, each with its words. */
const shown = ({ hunks }: ReturnType<typeof woven>) =>
  hunks.flatMap(({ skipped, lines: rows }) => [
    ...(skipped > 0 ? [`… ${skipped}`] : []),
    ...rows.map(({ op, spans }) => {
      const sign = { same: ' ', add: '+', remove: '-', change: '~' }[op]
      const marks = { same: '', add: '+', remove: '-' }
      return (
        sign +
        (op === 'change'
          ? spans.map((span) => marks[span.op] + span.text).join('|')
          : spans.map(({ text }) => text).join(''))
      )
    })
  ])

describe('a diff', () => {
  test('shows in a paragraph that changed what is new and what has gone', () => {
    expect(shown(woven(['A long day at sea.'], ['A long night at sea.']))).toEqual([
      '~A long |-day|+night| at sea.'
    ])
  })

  test('takes paragraphs that have little in common for two', () => {
    expect(shown(woven(['Nothing of this stays.'], ['Quite another text.']))).toEqual([
      '-Nothing of this stays.',
      '+Quite another text.'
    ])
  })

  test('finds what changed though others came before it', () => {
    expect(shown(woven(['The old words of this'], ['Wholly unlike', 'The new words of this']))).toEqual([
      '+Wholly unlike',
      '~The |-old|+new| words of this'
    ])
  })

  test('leaves out what is the same, and says how much', () => {
    const before = numbered(12)
    const now = before.with(6, 'something else')
    expect(shown(woven(before, now))).toEqual([
      '… 5',
      ' paragraph number 5',
      '-paragraph number 6',
      '+something else',
      ' paragraph number 7'
    ])
    expect(woven(before, before).hunks).toEqual([])
  })

  test('numbers lines as they are in each text', () => {
    const [hunk] = lines(['a', 'b', 'c'], ['a', 'x', 'y', 'c']).hunks
    expect(hunk?.lines.map(({ before, now }) => [before, now])).toEqual([
      [1, 1],
      [2, null],
      [null, 2],
      [null, 3],
      [3, 4]
    ])
  })

  test('of texts that have nothing in common, of long lines and of very many ends soon, and says when it is cut', () => {
    const many = (word: string) => Array.from({ length: 20_000 }, (_, n) => `${word} ${n * 7}`)
    const { hunks, isCut } = lines(many('one'), many('two'))
    expect(isCut).toBe(true)
    expect(hunks.flatMap((hunk) => hunk.lines).length).toBeLessThanOrEqual(2_000)
    const wordy = (word: string) =>
      Array.from({ length: 60 }, (_, n) =>
        Array.from({ length: 2_500 }, (__, at) => `${word}${n}x${at}`).join(' ')
      )
    expect(lines(wordy('a'), wordy('b')).hunks).toHaveLength(1)
    const long = (word: string) => [`${word} `.repeat(100_000)]
    for (const { lines: rows } of lines(long('one'), long('two')).hunks)
      for (const { spans } of rows)
        expect(spans.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(5_000)
  })
})
