import { grouped, plural } from '../text.js'
import type { FileChange, Noise, PageChange } from './content-types.js'
import { FILE_NOUNS } from './file-nouns.js'
import { maskFingerprints } from './mask-fingerprints.js'

/** Characters. */
const MAX_WORDS = 300
const MAX_TITLE = 80
/** More titles than this are a number. */
const MAX_NAMED = 3

/**
 * What a release means to a reader, in one line: `1 new page: “Title”; 3 changed; 1 removed`. Never empty, at most 300
 * characters, without characters that would act on a terminal.
 *
 * @param redirects pages that only lead to others
 */
export function summaryWords(
  pages: readonly PageChange[],
  files: readonly FileChange[],
  redirects: readonly PageChange[]
): string {
  const real = pages.filter(({ noise }) => noise === null)
  const parts = (['add', 'change', 'remove'] as const).flatMap((op) => {
    const those = real.filter((page) => page.op === op)
    return those.length > 0 ? [{ op, count: those.length, titles: titlesOf(those) }] : []
  })
  const told = parts.length > 0 ? [] : [...redirectWords(redirects), ...fileWords(files)]
  const noise = noiseWords(pages, parts.length > 0 ? '' : 'page')
  if (told.length + noise.length + parts.length === 0) noise.push(...noiseWords(files, 'file'))
  for (const isNamed of [true, false]) {
    // Whatever else changed with them, the first are what a reader is told of by name: new pages, where there are any.
    const words = [
      ...parts.map((part, at) => pagePart(part, at === 0, at === 0 && isNamed)),
      ...told,
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

/** A title as part of a line: nothing that hides, turns or ends it. */
export function plainTitle(title: string): string {
  const plain = title
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

/** Without a changed page, the files are what is left to tell. */
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

/** Names without their hash that went under one hash and came under another: for a reader the same file. */
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
    if (count === 0) return []
    return [`${noun === '' ? grouped(count) : plural(count, noun)} changed only in ${words[noise]}`]
  })
}
