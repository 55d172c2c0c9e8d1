import type { FileChange, PageChange, ReviewAnswer } from '../api.js'
import { plural } from '../../../../mirror/src/private-page/browser/page-words.js'

/** One change in the list. */
export interface Item {
  kind: 'page' | 'file'
  change: PageChange | FileChange
  /** The title of a page, or its address when it has none; the name of a file. */
  name: string
  /** The text below the name. */
  place: string
}

/** A group in the list of changes. */
export interface Group {
  id: string
  title: string
  items: Item[]
  /** Only its title is shown, until a person opens it. */
  isFolded: boolean
  /** The title says how many items there are. */
  isCounted: boolean
}

const OPS = [
  { op: 'add', title: 'New' },
  { op: 'change', title: 'Changed' },
  { op: 'remove', title: 'Removed' }
] as const

/**
 * The changes in reading order: new and changed pages, what changed alike on many, removed pages, then files in the same order,
 * then build noise.
 */
export function groupsOf({ summary }: ReviewAnswer): Group[] {
  const groups: Group[] = []
  const add = (id: string, title: string, items: Item[], how: Partial<Group> = {}): void => {
    if (items.length > 0) groups.push({ id, title, items, isFolded: false, isCounted: false, ...how })
  }
  const alike = new Map(summary.alike.flatMap((paths) => paths.map((path) => [path, paths] as const)))
  for (const { op, title } of OPS) {
    const all = summary.pages.filter((page) => page.op === op && page.noise === null)
    const pages = all.filter(({ path }) => !alike.has(path))
    add(`${op} pages`, `${title} ${pages.length === 1 ? 'page' : 'pages'}`, pages.map(pageItem))
    if (op !== 'change') continue
    for (const paths of summary.alike) {
      const same = all.filter(({ path }) => alike.get(path) === paths)
      const name = `The same change on ${plural(same.length, 'page')}`
      add(`alike ${paths[0]}`, name, same.map(pageItem), { isFolded: true, isCounted: true })
    }
  }
  for (const { op, title } of OPS) {
    const files = summary.files.filter((file) => file.op === op && file.noise === null)
    add(`${op} files`, `${title} ${files.length === 1 ? 'file' : 'files'}`, files.map(fileItem))
  }
  const noise = [
    ...summary.pages.filter(({ noise }) => noise !== null).map(pageItem),
    ...summary.files.filter(({ noise }) => noise !== null).map(fileItem)
  ]
  add('noise', 'Only build noise', noise, { isFolded: true })
  return groups
}

function pageItem(change: PageChange): Item {
  const { title } = change
  const place = readable(change.url)
  return { kind: 'page', change, name: title ?? place, place: title === null ? '' : place }
}

function fileItem(change: FileChange): Item {
  const at = change.path.lastIndexOf('/') + 1
  return { kind: 'file', change, name: change.path.slice(at), place: change.path.slice(0, at) }
}

/** An address without percent-encoding. */
export function readable(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}

export function isPage(change: PageChange | FileChange): change is PageChange {
  return 'url' in change
}
