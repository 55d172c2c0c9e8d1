import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { ReleasedSource } from '@sitedrive/core/internal'
import { isPage, pageText, type SiteView, type Sources } from '@sitedrive/core/content'
import type { DiffAnswer, DiffKind } from './api.js'
import { diffTexts, type TextDiff } from './text-diff.js'

export interface DiffParts {
  projectDir: string
  now: SiteView | null
  last: SiteView | null
  /** The present sources of the outputs. */
  sources: Sources
  /** The sources of the release, as they were then; null when none were kept. */
  released: { sources: { get(path: string): ReleasedSource | undefined } } | null
}

/** The part of each side that is compared. Bytes. */
const MAX_BYTES = 1_000_000

/**
 * Compares a file with the release. `words` compares paragraphs: those of the sources when both are known, else those of
 * the page's text. `html` compares line by line.
 *
 * @returns null when neither side has it
 */
export async function diffOf(file: string, kind: DiffKind, parts: DiffParts): Promise<DiffAnswer | null> {
  const { now, last } = parts
  if (!now?.files.has(file) && !last?.files.has(file)) return null
  if (kind === 'words') {
    const source = sourcesOf(file, parts)
    if (source) {
      const diff = diffTexts(paragraphsOf(source.before), paragraphsOf(source.now), {
        context: 1,
        isWoven: true
      })
      // Without a difference in the source, the change came from a template: then the pages are compared.
      if (diff.hunks.length > 0 || source.before === '' || source.now === '')
        return answer(kind, 'source', source.name, diff, [])
    }
  }
  const before = await read(last, file)
  const after = await read(now, file)
  const sides = [before, after]
  if (sides.some((side) => side.kind === 'missing'))
    return {
      kind,
      of: 'file',
      source: null,
      hunks: [],
      limit: 'This machine does not hold the bytes of both sides.'
    }
  if (sides.some(({ bytes }) => bytes.subarray(0, 8_192).includes(0)))
    return { kind, of: 'file', source: null, hunks: [], limit: 'It is no text.' }
  const limits = sides.some(({ isCut }) => isCut) ? ['Only the first megabyte of each side is compared.'] : []
  if (kind === 'words' && isPage(file)) {
    const diff = diffTexts(pageText(before.bytes), pageText(after.bytes), { context: 1, isWoven: true })
    return answer(kind, 'text', null, diff, limits)
  }
  const diff = diffTexts(linesOf(before.bytes), linesOf(after.bytes), { context: 3, isWoven: false })
  return answer(kind, 'file', null, diff, limits)
}

function answer(
  kind: DiffKind,
  of: DiffAnswer['of'],
  source: string | null,
  { hunks, isCut }: TextDiff,
  limits: string[]
): DiffAnswer {
  const all = isCut ? [...limits, 'There is more that differs than is shown here.'] : limits
  return { kind, of, source, hunks, limit: all.join(' ') || null }
}

interface Side {
  kind: 'here' | 'none' | 'missing'
  bytes: Uint8Array
  isCut: boolean
}

async function read(view: SiteView | null, file: string): Promise<Side> {
  const known = view?.files.get(file)
  if (!view || !known) return { kind: 'none', bytes: new Uint8Array(), isCut: false }
  const bytes = await view.read(file, MAX_BYTES)
  return bytes
    ? { kind: 'here', bytes, isCut: known.bytes > MAX_BYTES }
    : { kind: 'missing', bytes: new Uint8Array(), isCut: false }
}

/** The sources of both sides; null when one of them is not known. */
function sourcesOf(
  file: string,
  { projectDir, now, last, sources, released }: DiffParts
): { name: string; before: string; now: string } | null {
  const isNow = now?.files.has(file) === true
  const isThen = last?.files.has(file) === true
  const name = sources[file]
  const old = released?.sources.get(file)
  const text = isNow ? (name === undefined ? null : readSource(projectDir, name)) : ''
  const before = isThen ? (old?.text ?? null) : ''
  if (text === null || before === null) return null
  return { name: name ?? old?.file ?? '', before, now: text }
}

/** Reads a source of the project. A generator may name any file: null for those outside of the project. */
function readSource(projectDir: string, name: string): string | null {
  try {
    const root = realpathSync(projectDir)
    const source = realpathSync(path.resolve(root, name))
    const relative = path.relative(root, source)
    if (relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) return null
    if (statSync(source).size > MAX_BYTES) return null
    const text = readFileSync(source, 'utf8')
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

/** Splits a source: the lines of its front matter, then the paragraphs, which blank lines separate. */
function paragraphsOf(text: string): string[] {
  const plain = text.replace(/\r\n?/g, '\n')
  const [whole = '', front = ''] = /^---\n([^]*?)\n---[ \t]*(?:\n|$)/.exec(plain) ?? []
  const body = plain.slice(whole.length).split(/\n[ \t]*(?:\n[ \t]*)+/)
  return [...front.split('\n'), ...body].map((part) => part.trimEnd()).filter((part) => part.trim() !== '')
}

function linesOf(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
}
