import type { KnownPaths } from './known-paths.js'

/** So many comparisons are made for one site: a suggestion is a kindness, and must stay cheap. */
const BUDGET = 200_000
/** Folders with more files are not compared name by name more than that. */
const MAX_SIBLINGS = 2_000

/** Finds the existing path that was most likely meant. */
export class NearestPath {
  private readonly paths: KnownPaths
  private bySlug: Map<string, string[]> | null = null
  private byFolder = new Map<string, string[]>()
  private left = BUDGET

  constructor(paths: KnownPaths) {
    this.paths = paths
  }

  /**
   * The file that a path was most likely meant to lead to: one of the same name elsewhere, else one beside it that is
   * written nearly so, else one anywhere that is.
   *
   * @param path decoded
   * @returns null when nothing is near
   */
  to(path: string): string | null {
    const bySlug = this.index()
    const slug = slugOf(path)
    const moved = bySlug.get(slug)?.filter((file) => extensionOf(file) === extensionOf(path))
    if (slug !== '' && moved?.length) return closestFolder(path, moved)
    const siblings = (this.byFolder.get(folderOf(path)) ?? []).slice(0, MAX_SIBLINGS)
    return (
      this.closest(slug, path, siblings, siblings.map(slugOf)) ?? this.closestAnywhere(slug, path, bySlug)
    )
  }

  private closestAnywhere(slug: string, path: string, bySlug: Map<string, string[]>): string | null {
    const near = [...bySlug.keys()].filter((other) => Math.abs(other.length - slug.length) <= 2)
    const files = near.map((other) => bySlug.get(other)?.[0] ?? '')
    return this.closest(slug, path, files, near)
  }

  private closest(
    slug: string,
    path: string,
    files: readonly string[],
    slugs: readonly string[]
  ): string | null {
    // A third of the letters, and at least one: more is another word.
    let best = Math.max(1, Math.min(4, Math.floor(slug.length / 3))) + 1
    let found: string | null = null
    for (const [at, other] of slugs.entries()) {
      const file = files[at]
      if (file === undefined || extensionOf(file) !== extensionOf(path)) continue
      if (Math.abs(other.length - slug.length) >= best) continue
      if (this.left-- <= 0) break
      const distance = editDistance(slug, other, best)
      if (distance < best) [best, found] = [distance, file]
    }
    return found
  }

  private index(): Map<string, string[]> {
    if (this.bySlug) return this.bySlug
    this.bySlug = new Map()
    for (const file of this.paths.all()) {
      push(this.bySlug, slugOf(file), file)
      push(this.byFolder, folderOf(file), file)
    }
    return this.bySlug
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** What a reader takes for the name of a page or a file. */
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

/** Pages have none, however they are addressed. */
function extensionOf(path: string): string {
  const extension = /\.(\w{1,8})$/.exec(withoutIndex(path))?.[1]?.toLowerCase() ?? ''
  return /^x?html?$/.test(extension) ? '' : extension
}

function closestFolder(path: string, files: readonly string[]): string | null {
  let best: string | null = null
  let shared = -1
  for (const file of files) {
    let same = 0
    while (same < path.length && path[same] === file[same]) same++
    if (same > shared) [shared, best] = [same, file]
  }
  return best
}

/** How many letters to take out, put in, change or swap with the next; `limit` when that is not below it. */
export function editDistance(a: string, b: string, limit: number): number {
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
