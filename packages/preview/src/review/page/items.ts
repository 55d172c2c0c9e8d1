import type { FileChange, PageChange, ReviewAnswer } from '../api.js'

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
}

const OPS = [
  { op: 'add', title: 'New' },
  { op: 'change', title: 'Changed' },
  { op: 'remove', title: 'Removed' }
] as const

/** The changes in reading order: new, changed and removed pages, then files in the same order, then build noise. */
export function groupsOf({ summary }: ReviewAnswer): Group[] {
  const groups: Group[] = []
  const add = (id: string, title: string, items: Item[]): void => {
    if (items.length > 0) groups.push({ id, title, items })
  }
  for (const { op, title } of OPS) {
    const pages = summary.pages.filter((page) => page.op === op && page.noise === null)
    add(`${op} pages`, `${title} ${pages.length === 1 ? 'page' : 'pages'}`, pages.map(pageItem))
  }
  for (const { op, title } of OPS) {
    const files = summary.files.filter((file) => file.op === op && file.noise === null)
    add(`${op} files`, `${title} ${files.length === 1 ? 'file' : 'files'}`, files.map(fileItem))
  }
  add('noise', 'Only build noise', [
    ...summary.pages.filter(({ noise }) => noise !== null).map(pageItem),
    ...summary.files.filter(({ noise }) => noise !== null).map(fileItem)
  ])
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
