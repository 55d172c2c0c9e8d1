import type { KnownPaths } from './known-paths.js'

/** Largest number of comparisons for one site: suggestions must stay cheap. */
const BUDGET = 200_000
/** Largest number of files compared that have one name, or are in one folder. */
const MAX_ALIKE = 2_000
/** Longer names get no suggestion. Characters. */
const MAX_SLUG = 200

interface NamedFile {
  slug: string
  file: string
}

/** Files by several keys; each key begins with the extension. */
interface Index {
  bySlug: Map<string, NamedFile[]>
  byFolder: Map<string, NamedFile[]>
  /** One file of each name, by the length of the name. */
  byLength: Map<string, NamedFile[]>
}

/** Suggests existing paths for missing ones. */
export class NearestPath {
  private readonly paths: KnownPaths
  private known: Index | null = null
  private left = BUDGET

  constructor(paths: KnownPaths) {
    this.paths = paths
  }

  /**
   * The file that was most likely meant: one of the same name in another folder, else one of a similar name in the same
   * folder, else one of a similar name anywhere.
   *
   * @param path decoded
   * @param from the page that has the link: it is not what was meant
   * @returns null when no file is similar, or the limit of comparisons is reached
   */
  to(path: string, from: string | null = null): string | null {
    const slug = slugOf(path)
    if (this.left <= 0 || slug === '' || slug.length > MAX_SLUG) return null
    const { bySlug, byFolder } = this.index()
    const extension = extensionOf(path)
    const isOther = ({ file }: NamedFile) => file !== from
    const moved = bySlug.get(`${extension} ${slug}`)?.slice(0, MAX_ALIKE).filter(isOther)
    if (moved && moved.length > 0) {
      this.left -= moved.length
      return closestFolder(path, moved)
    }
    const siblings = byFolder.get(`${extension} ${folderOf(path)}`) ?? []
    return (
      this.closest(slug, siblings.slice(0, MAX_ALIKE), from) ??
      this.closest(slug, this.ofLengthNear(slug.length, extension), from)
    )
  }

  private *ofLengthNear(length: number, extension: string): Generator<NamedFile> {
    const { byLength } = this.index()
    for (const more of [0, -1, 1, -2, 2]) yield* byLength.get(`${extension} ${length + more}`) ?? []
  }

  private closest(slug: string, others: Iterable<NamedFile>, from: string | null): string | null {
    // Up to a third of the letters may differ, and at least one: beyond that it is another word.
    let best = Math.max(1, Math.min(4, Math.floor(slug.length / 3))) + 1
    let found: string | null = null
    for (const other of others) {
      if (this.left-- <= 0) break
      if (other.file === from || Math.abs(other.slug.length - slug.length) >= best) continue
      const distance = editDistance(slug, other.slug, best)
      if (distance < best) [best, found] = [distance, other.file]
    }
    return found
  }

  private index(): Index {
    if (this.known) return this.known
    const index: Index = { bySlug: new Map(), byFolder: new Map(), byLength: new Map() }
    for (const file of this.paths.all()) {
      const named = { slug: slugOf(file), file }
      const extension = extensionOf(file)
      push(index.byFolder, `${extension} ${folderOf(file)}`, named)
      const count = push(index.bySlug, `${extension} ${named.slug}`, named)
      if (count === 1) push(index.byLength, `${extension} ${named.slug.length}`, named)
    }
    return (this.known = index)
  }
}

/** @returns how many there are now */
function push<Value>(map: Map<string, Value[]>, key: string, value: Value): number {
  const list = map.get(key)
  if (list) return list.push(value)
  map.set(key, [value])
  return 1
}

/** The name of a page or a file, as readers see it. */
function slugOf(path: string): string {
  const plain = withoutIndex(path)
  return plain.slice(plain.lastIndexOf('/') + 1).replace(/\.x?html?$/i, '')
}

function folderOf(path: string): string {
  const plain = withoutIndex(path)
  return plain.slice(0, plain.lastIndexOf('/') + 1)
}

function withoutIndex(path: string): string {
  return path.replace(/\/(?:index\.html)?$/, '')
}

/** The extension of a file; empty for pages, however they are addressed. */
function extensionOf(path: string): string {
  const extension = /\.(\w{1,8})$/.exec(withoutIndex(path))?.[1]?.toLowerCase() ?? ''
  return /^x?html?$/.test(extension) ? '' : extension
}

function closestFolder(path: string, files: readonly NamedFile[]): string | null {
  let best: string | null = null
  let shared = -1
  for (const { file } of files) {
    let same = 0
    while (same < path.length && path[same] === file[same]) same++
    if (same > shared) [shared, best] = [same, file]
  }
  return best
}

/** Edit distance with swaps of neighbours (Damerau–Levenshtein); `limit` when it is not below that. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_unused, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let value = Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(value)
      least = Math.min(least, value)
    }
    if (least >= limit) return limit
    beforeLast = last
    last = row
  }
  return Math.min(last[b.length] ?? limit, limit)
}
