import { hash } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync
} from 'node:fs'
import path from 'node:path'
import type { Change } from '../folder/compare.js'
import type { Sources } from '../content/content-types.js'
import { isInside, makePrivateDir, sitePaths, type SitePaths } from '../machine/data-dir.js'
import { replaceFileQuickly } from '../disk/durable-file.js'
import { readSealed, writeSealed } from '../disk/sealed-file.js'

/** The sources of a release's pages, as they were when it was published. */
export interface ReleasedSources {
  release: number
  /** By the output's path in the drive. */
  sources: Map<string, ReleasedSource>
}

export interface ReleasedSource {
  /** Relative to the project, POSIX. */
  file: string
  text: string
}

export interface SourcesToKeep {
  projectDir: string
  /** Number of the new release, and of the one before it; 0: none. */
  release: number
  previous: number
  sources: Sources
  changes: readonly Change[]
}

const FORMAT = 'sitedrive sources 1'
const INDEX = 'index'
/** Larger sources are not kept: no person writes such a file. Bytes. */
const MAX_SOURCE_BYTES = 1_000_000
/** Limit for all kept sources of one site. Bytes. */
const MAX_ALL_BYTES = 64_000_000
/** Packs are joined into one when there are this many, or when this many bytes of them are no longer used. */
const MAX_PACKS = 16
const MAX_WASTE_BYTES = 8_000_000

/** Where the text of one source lies. */
interface Entry {
  file: string
  /** sha256 of the text, base64url. */
  hash: string
  pack: string
  offset: number
  bytes: number
}

/** Lists the sources of a release. Each text is read only when `get` is called. */
export interface OpenReleasedSources {
  release: number
  /** Which file each output was made of. */
  files: Sources
  get(output: string): ReleasedSource | undefined
}

/**
 * Which files the outputs of the last release were made of, for a build that does not tell. Most of it is still correct.
 *
 * @param key undefined: the folder has none
 */
export function lastSources(home: string, key: string | undefined): Sources {
  return (key === undefined ? null : openReleasedSources(sitePaths(home, key)))?.files ?? {}
}

/** @returns null when none were kept or they are damaged */
export function openReleasedSources({
  sources: dir
}: Pick<SitePaths, 'sources'>): OpenReleasedSources | null {
  const index = readIndex(dir)
  return (
    index && {
      release: index.release,
      files: Object.fromEntries([...index.entries].map(([output, { file }]) => [output, file])),
      get(output) {
        const entry = index.entries.get(output)
        const text = entry && readText(dir, entry)
        return entry && typeof text === 'string' ? { file: entry.file, text } : undefined
      }
    }
  )
}

/** @returns null when none were kept or they are damaged; reviews work without them */
export function readReleasedSources({ sources: dir }: Pick<SitePaths, 'sources'>): ReleasedSources | null {
  const index = readIndex(dir)
  if (!index) return null
  const textOf = packReader(dir)
  const sources = new Map<string, ReleasedSource>()
  for (const [output, entry] of index.entries) {
    const text = textOf(entry)
    if (text !== null) sources.set(output, { file: entry.file, text })
  }
  return { release: index.release, sources }
}

/**
 * Keeps the sources of a new release. Sources whose outputs did not change are taken over and not read again.
 *
 * Only files of the project are read, at most 1 MB of each and 64 MB of all.
 */
export function keepReleasedSources(
  { sources: dir }: Pick<SitePaths, 'sources'>,
  { projectDir, release, previous, sources, changes }: SourcesToKeep
): void {
  const before = readIndex(dir)
  const entries = new Map(before?.release === previous ? before.entries : [])
  for (const { path: output } of changes) entries.delete(output)
  const gone = new Set(changes.flatMap(({ op, path: output }) => (op === 'remove' ? [output] : [])))

  const read = projectReader(projectDir)
  const texts = new Map<string, string>()
  let total = sizeOf(entries)
  for (const [output, file] of Object.entries(sources)) {
    if (gone.has(output) || entries.get(output)?.file === file) continue
    entries.delete(output)
    const source = read(file)
    if (!source || total + source.bytes > MAX_ALL_BYTES) continue
    if (!texts.has(source.hash)) total += source.bytes
    texts.set(source.hash, source.text)
    entries.set(output, { file, hash: source.hash, bytes: source.bytes, pack: '', offset: 0 })
  }
  makePrivateDir(dir)
  if (isScattered(entries)) {
    const textOf = packReader(dir)
    for (const [output, entry] of entries) {
      const text = texts.get(entry.hash) ?? textOf(entry)
      if (text === null) entries.delete(output)
      else {
        texts.set(entry.hash, text)
        entry.pack = ''
      }
    }
  }
  if (texts.size > 0) writePack(dir, texts, entries)
  writeIndex(dir, { release, entries })
  removeOthers(dir, new Set([...entries.values()].map(({ pack }) => pack)))
}

/** Writes the texts that have no pack yet into one new pack, and sets the entries' `pack` and `offset`. */
function writePack(dir: string, texts: ReadonlyMap<string, string>, entries: Map<string, Entry>): void {
  const offsets = new Map<string, number>()
  let end = 0
  for (const [textHash, text] of texts) {
    offsets.set(textHash, end)
    end += Buffer.byteLength(text)
  }
  const whole = [...texts.values()].join('')
  const pack = hash('sha256', whole, 'base64url')
  replaceFileQuickly(path.join(dir, pack), whole)
  for (const entry of entries.values()) {
    const offset = entry.pack === '' ? offsets.get(entry.hash) : undefined
    if (offset !== undefined) Object.assign(entry, { pack, offset })
  }
}

function isScattered(entries: ReadonlyMap<string, Entry>): boolean {
  const ends = new Map<string, number>()
  for (const { pack, offset, bytes } of entries.values()) {
    if (pack !== '') ends.set(pack, Math.max(ends.get(pack) ?? 0, offset + bytes))
  }
  const held = [...ends.values()].reduce((sum, end) => sum + end, 0)
  return ends.size >= MAX_PACKS || held - sizeOf(entries) > MAX_WASTE_BYTES
}

function sizeOf(entries: ReadonlyMap<string, Entry>): number {
  const sizes = new Map([...entries.values()].map((entry) => [entry.hash, entry.bytes]))
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
}

function packReader(dir: string): (entry: Entry) => string | null {
  const packs = new Map<string, Buffer | null>()
  return ({ pack, offset, bytes, hash: expected }) => {
    if (!packs.has(pack)) packs.set(pack, packAt(path.join(dir, pack)))
    const text = packs.get(pack)?.subarray(offset, offset + bytes)
    return text && hash('sha256', text, 'base64url') === expected ? text.toString('utf8') : null
  }
}

/** Reads one text out of a pack. */
function readText(dir: string, { pack, offset, bytes, hash: expected }: Entry): string | null {
  let fd: number | null = null
  try {
    fd = openSync(path.join(dir, pack), 'r')
    const text = Buffer.alloc(bytes)
    const count = readSync(fd, text, 0, bytes, offset)
    // guard: sources: a text that is damaged is not shown
    return count === bytes && hash('sha256', text, 'base64url') === expected ? text.toString('utf8') : null
  } catch {
    return null // a newer release has replaced the pack
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

function packAt(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}

/** Reads a file of the project; null when it lies outside, is not a file, is not text, or is too large. */
function projectReader(
  projectDir: string
): (file: string) => { text: string; hash: string; bytes: number } | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const folders = new Map<string, boolean>()
  return (file) => {
    const source = path.resolve(projectDir, file)
    const folder = path.dirname(source)
    try {
      // guard: sources: folders of other projects are not read
      if (!folders.has(folder)) folders.set(folder, isInside(folder, projectDir))
      const isLink = lstatSync(source).isSymbolicLink()
      // guard: sources: links out of the project are not followed
      if (!(isLink ? isInside(realpathSync(source), projectDir) : folders.get(folder))) return null
      const stats = statSync(source)
      if (!stats.isFile() || stats.size > MAX_SOURCE_BYTES) return null
      const bytes = readFileSync(source)
      if (bytes.byteLength > MAX_SOURCE_BYTES || bytes.includes(0)) return null
      return {
        text: decoder.decode(bytes),
        hash: hash('sha256', bytes, 'base64url'),
        bytes: bytes.byteLength
      }
    } catch {
      return null // missing, unreadable, or not text
    }
  }
}

interface Index {
  release: number
  entries: Map<string, Entry>
}

type Row = [output: string, file: string, hash: string, pack: number, offset: number, bytes: number]

function readIndex(dir: string): Index | null {
  const body = readSealed(path.join(dir, INDEX), FORMAT)
  if (body === null) return null
  const { release, packs, rows } = JSON.parse(body) as { release: number; packs: string[]; rows: Row[] }
  const entries = rows.map(
    ([output, file, textHash, pack, offset, bytes]) =>
      [output, { file, hash: textHash, pack: packs[pack] ?? '', offset, bytes }] as const
  )
  return { release, entries: new Map(entries) }
}

function writeIndex(dir: string, { release, entries }: Index): void {
  const packs = [...new Set([...entries.values()].map(({ pack }) => pack))]
  const numbers = new Map(packs.map((pack, number) => [pack, number]))
  const rows = [...entries].map(([output, { file, hash: textHash, pack, offset, bytes }]): Row => [
    output,
    file,
    textHash,
    numbers.get(pack) ?? 0,
    offset,
    bytes
  ])
  writeSealed(path.join(dir, INDEX), FORMAT, JSON.stringify({ release, packs, rows }))
}

/** Deletes packs that the index no longer names. */
function removeOthers(dir: string, packs: ReadonlySet<string>): void {
  for (const name of readdirSync(dir)) {
    if (name !== INDEX && !packs.has(name)) rmSync(path.join(dir, name), { force: true })
  }
}
