import { diffArrays, diffWordsWithSpace } from 'diff'
import type { DiffLine, Hunk, Span } from './api.js'

export interface TextDiffOptions {
  /** How many unchanged lines are shown around a difference. */
  context: number
  /** true: a changed line is one line, with its added and removed words. false: it is two lines, old and new. */
  isWoven: boolean
}

export interface TextDiff {
  hunks: Hunk[]
  /** More lines differ than are shown. */
  isCut: boolean
}

/** The maximum time for comparing; the rest is shown as removed and added. Milliseconds. */
const MAX_DIFF_MS = 400
/** Longer lines are not compared word by word. Characters. */
const MAX_WOVEN = 20_000
/** Longer lines are cut. Characters. */
const MAX_LINE = 4_000
const MAX_LINES = 2_000
const MAX_SHOWN = 400_000
/** Two lines with a smaller share of common words count as removed and added, not as changed. */
const MIN_LIKENESS = 0.35
/** The maximum number of removed lines that a new line is compared with. */
const LOOK_AHEAD = 20

/** Compares two texts, line by line or paragraph by paragraph. */
export function diffTexts(before: string[], now: string[], options: TextDiffOptions): TextDiff {
  const lines = rowsOf(before, now, options.isWoven)
  return hunksOf(lines, options.context)
}

function rowsOf(before: string[], now: string[], isWoven: boolean): DiffLine[] {
  const endsAt = performance.now() + MAX_DIFF_MS
  const parts = diffArrays(before, now, { timeout: MAX_DIFF_MS }) ?? [
    { removed: true, added: false, value: before },
    { removed: false, added: true, value: now }
  ]
  const rows: DiffLine[] = []
  let numbers = { before: 1, now: 1 }
  for (let at = 0; at < parts.length; at++) {
    const { added, removed, value } = parts[at]!
    if (!added && !removed) {
      for (const text of value)
        rows.push(row('same', numbers.before++, numbers.now++, [{ op: 'same', text }]))
      continue
    }
    const next = parts[at + 1]
    const isPair = removed && next?.added === true
    if (isPair) at++
    const gone = removed ? value : []
    const fresh = added ? value : isPair ? next.value : []
    for (const pair of pairsOf(gone, fresh, endsAt)) {
      const [old, fresher] = pair
      if (old !== null && fresher !== null) {
        const spans = performance.now() < endsAt ? wordsOf(old, fresher) : null
        if (spans && isWoven) rows.push(row('change', numbers.before++, numbers.now++, spans))
        else {
          rows.push(
            row(
              'remove',
              numbers.before++,
              null,
              spans?.filter(({ op }) => op !== 'add') ?? [{ op: 'remove', text: old }]
            )
          )
          rows.push(
            row(
              'add',
              null,
              numbers.now++,
              spans?.filter(({ op }) => op !== 'remove') ?? [{ op: 'add', text: fresher }]
            )
          )
        }
      } else if (old !== null) rows.push(row('remove', numbers.before++, null, [{ op: 'remove', text: old }]))
      else if (fresher !== null) rows.push(row('add', null, numbers.now++, [{ op: 'add', text: fresher }]))
    }
  }
  return rows
}

/**
 * Pairs removed lines with the added lines that replace them, in order. Two similar lines are one changed line.
 *
 * @param endsAt after this time no lines are compared any more; as `performance.now()`
 */
function pairsOf(
  gone: readonly string[],
  fresh: readonly string[],
  endsAt: number
): [string | null, string | null][] {
  const words = gone.map((): Set<string> | null => null)
  const wordsAt = (place: number): Set<string> => (words[place] ??= wordSet(gone[place]!))
  const pairs: [string | null, string | null][] = []
  let from = 0
  let unlike: string[] = []
  // Removed lines come before the added lines.
  const settle = (upTo: number): void => {
    for (; from < upTo; from++) pairs.push([gone[from]!, null])
    for (const text of unlike) pairs.push([null, text])
    unlike = []
  }
  const placeOf = (text: string): number => {
    const until = Math.min(gone.length, from + LOOK_AHEAD)
    if (from >= until || performance.now() > endsAt) return -1
    const wanted = wordSet(text)
    for (let place = from; place < until && performance.now() <= endsAt; place++)
      if (likeness(wordsAt(place), wanted) >= MIN_LIKENESS) return place
    return -1
  }
  for (const text of fresh) {
    const at = placeOf(text)
    if (at < 0) unlike.push(text)
    else {
      settle(at)
      pairs.push([gone[from++]!, text])
    }
  }
  settle(gone.length)
  return pairs
}

/** The share of words that both lines have, 0 to 1. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0
  let both = 0
  for (const word of a) if (b.has(word)) both++
  return both / Math.max(a.size, b.size)
}

function wordSet(text: string): Set<string> {
  return new Set(
    text
      .slice(0, MAX_WOVEN)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/** @returns null when the lines are too long to be compared word by word */
function wordsOf(before: string, now: string): Span[] | null {
  if (before.length > MAX_WOVEN || now.length > MAX_WOVEN) return null
  const parts = diffWordsWithSpace(before, now, { timeout: MAX_DIFF_MS / 4 })
  return (
    parts?.map(({ added, removed, value }) => ({
      op: added ? 'add' : removed ? 'remove' : 'same',
      text: value
    })) ?? null
  )
}

function row(op: DiffLine['op'], before: number | null, now: number | null, spans: Span[]): DiffLine {
  return { op, before, now, spans: shortened(spans) }
}

function shortened(spans: Span[]): Span[] {
  let left = MAX_LINE
  const kept: Span[] = []
  for (const { op, text } of spans) {
    if (left <= 0) break
    kept.push({ op, text: text.length > left ? `${text.slice(0, left)}…` : text })
    left -= text.length
  }
  return kept
}

function hunksOf(rows: readonly DiffLine[], context: number): TextDiff {
  const isShown = rows.map(() => false)
  rows.forEach(({ op }, at) => {
    if (op === 'same') return
    for (let near = Math.max(0, at - context); near <= at + context && near < rows.length; near++)
      isShown[near] = true
  })
  // A single hidden line is shown: the note that it is left out would take a line too.
  for (let at = 1; at + 1 < rows.length; at++) if (isShown[at - 1] && isShown[at + 1]) isShown[at] = true
  const hunks: Hunk[] = []
  let skipped = 0
  let lines = 0
  let shown = 0
  for (const [at, line] of rows.entries()) {
    if (!isShown[at]) {
      skipped++
      continue
    }
    if (lines >= MAX_LINES || shown >= MAX_SHOWN) return { hunks, isCut: true }
    const last = hunks.at(-1)
    if (last && skipped === 0) last.lines.push(line)
    else hunks.push({ skipped, lines: [line] })
    skipped = 0
    lines++
    shown += line.spans.reduce((sum, { text }) => sum + text.length, 0)
  }
  return { hunks, isCut: false }
}
