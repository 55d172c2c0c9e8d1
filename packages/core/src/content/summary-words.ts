import { grouped, plural } from '../text.js'
import type { FileChange, Noise, PageChange } from './content-types.js'
import { FILE_NOUNS } from './file-nouns.js'
import { maskFingerprints } from './mask-hashes.js'

/** Longest summary and longest title in it. Characters. */
const MAX_WORDS = 300
const MAX_TITLE = 80
/** More pages than this are only counted, not named. */
const MAX_NAMED = 3
/** More groups of pages that changed alike would be a list, not a line. */
const MAX_ALIKE = 2

/** The changes of a release, sorted for the words. */
export interface ToldChanges {
  pages: readonly PageChange[]
  files: readonly FileChange[]
  /** Pages that only redirect to others. */
  redirects: readonly PageChange[]
  /** Pages that changed in the same way, largest group first. */
  alike: readonly (readonly PageChange[])[]
  /** Those that were not looked into: perhaps nothing but noise has changed. */
  unknown: ReadonlySet<PageChange | FileChange>
}

/**
 * Describes a release for readers in one line: `1 new page: “Title”; 3 changed; 1 removed`. Never empty, at most 300
 * characters, without characters that control a terminal.
 */
export function summaryWords({ pages, files, redirects, alike, unknown }: ToldChanges): string {
  const told = alike.slice(0, MAX_ALIKE)
  const folded = new Set(told.flat())
  const real = pages.filter((page) => page.noise === null && !folded.has(page) && !unknown.has(page))
  const parts = (['add', 'change', 'remove'] as const).flatMap((op) => {
    const those = real.filter((page) => page.op === op)
    return those.length > 0 ? [{ op, count: those.length, titles: titlesOf(those) }] : []
  })
  const sameWords = told.map((group) => `the same change on ${plural(group.length, 'page')}`)
  const hasPages = parts.length + sameWords.length > 0
  const known = files.filter((file) => !unknown.has(file))
  const otherWords = hasPages ? [] : [...redirectWords(redirects), ...fileWords(known)]
  const pageNoun = hasPages ? '' : 'page'
  const noise = [...noiseWords(pages, pageNoun), ...unknownWords(pages, unknown, pageNoun)]
  if (!hasPages && otherWords.length + noise.length === 0) {
    noise.push(...noiseWords(files, 'file'), ...unknownWords(files, unknown, 'file'))
  }
  for (const isNamed of [true, false]) {
    // Only the first part names titles: new pages, where there are any.
    const words = [
      ...parts.map((part, at) => pagePart(part, at === 0, at === 0 && isNamed)),
      ...sameWords,
      ...otherWords,
      ...noise
    ].join('; ')
    if (words.length <= MAX_WORDS) return words || 'no changes'
  }
  return 'no changes'
}

interface PagePart {
  op: PageChange['op']
  count: number
  titles: string[]
}

function pagePart({ op, count, titles }: PagePart, isFirst: boolean, isNamed: boolean): string {
  const word = { add: 'new', change: 'changed', remove: 'removed' }[op]
  const counted =
    op === 'add'
      ? plural(count, 'new page')
      : isFirst
        ? `${plural(count, 'page')} ${word}`
        : `${grouped(count)} ${word}`
  return isNamed && titles.length === count && count <= MAX_NAMED
    ? `${counted}: ${titles.map((title) => `“${title}”`).join(', ')}`
    : counted
}

function titlesOf(pages: readonly PageChange[]): string[] {
  return pages.slice(0, MAX_NAMED + 1).flatMap(({ title }) => {
    const plain = title === null ? '' : plainTitle(title)
    return plain === '' ? [] : [plain]
  })
}

/** A title for use in one line: without control, invisible and direction characters, and cut to MAX_TITLE. */
export function plainTitle(title: string): string {
  const plain = title
    // guard: content: a title cannot turn the line that it is told in
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replace(/[“”]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...plain]
  return letters.length > MAX_TITLE
    ? `${letters
        .slice(0, MAX_TITLE - 1)
        .join('')
        .trimEnd()}…`
    : plain
}

const VERBS = { add: 'added', change: 'changed', remove: 'removed' } as const

function redirectWords(redirects: readonly PageChange[]): string[] {
  return (['add', 'change', 'remove'] as const).flatMap((op) => {
    const count = redirects.filter((page) => page.op === op && page.noise === null).length
    return count > 0 ? [`${plural(count, 'redirect')} ${VERBS[op]}`] : []
  })
}

/** Counts changed files by kind; used when no page changed. */
function fileWords(files: readonly FileChange[]): string[] {
  const counts = new Map<string, number>()
  const renamed = renamedByHash(files)
  for (const { kind, op, path, noise } of files) {
    if (noise !== null) continue
    const isRenamed = renamed.has(maskFingerprints(path).text)
    if (isRenamed && op === 'remove') continue
    const key = `${kind} ${isRenamed ? 'change' : op}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([key, count]) => {
      const [kind, op] = key.split(' ') as [FileChange['kind'], FileChange['op']]
      return `${plural(count, FILE_NOUNS[kind])} ${VERBS[op]}`
    })
}

/** Masked names of files that were removed under one hash and added under another: the same file for readers. */
function renamedByHash(files: readonly FileChange[]): Set<string> {
  const names = (op: FileChange['op']): string[] =>
    files.filter((file) => file.op === op).map(({ path }) => maskFingerprints(path).text)
  const added = new Set(names('add'))
  return new Set(names('remove').filter((name) => added.has(name)))
}

function noiseWords(changes: readonly { noise: Noise | null }[], noun: string): string[] {
  const words: Record<Noise, string> = { 'build time': 'a build time', fingerprint: 'a fingerprint' }
  return (['build time', 'fingerprint'] as const).flatMap((noise) => {
    const count = changes.filter((change) => change.noise === noise).length
    return count === 0 ? [] : [`${counted(count, noun)} changed only in ${words[noise]}`]
  })
}

function unknownWords(
  changes: readonly (PageChange | FileChange)[],
  unknown: ToldChanges['unknown'],
  noun: string
): string[] {
  const count = changes.filter((change) => unknown.has(change)).length
  return count === 0 ? [] : [`${counted(count, noun)} not looked into`]
}

/** @param noun empty: what is counted was named before */
function counted(count: number, noun: string): string {
  return noun === '' ? grouped(count) : plural(count, noun)
}
