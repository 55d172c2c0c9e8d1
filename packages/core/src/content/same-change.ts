import { hash } from 'node:crypto'
import { decodePage, isBinary } from './decode-text.js'
import type { PageChange } from './content-types.js'

/** Fewer pages may have changed alike by chance, and their titles say more. */
const MIN_ALIKE = 5

/**
 * Identifies a change of a page by what was taken out and what was put in, wherever that was. A layout that changes makes the
 * same change on each of its pages.
 *
 * @returns null when it is not text
 */
export function changeName(before: Uint8Array, now: Uint8Array): string | null {
  if (isBinary(before) || isBinary(now)) return null
  const [old, fresh] = [piecesOf(before), piecesOf(now)]
  return hash('sha256', JSON.stringify([without(old, fresh), without(fresh, old)]), 'base64url')
}

/** Lines, and tags with the text behind them: many generators write pages without line breaks. */
function piecesOf(page: Uint8Array): string[] {
  return decodePage(page).text.split(/\n|(?=<)/)
}

function without(pieces: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const piece of others) left.set(piece, (left.get(piece) ?? 0) + 1)
  return pieces.filter((piece) => {
    const count = left.get(piece) ?? 0
    left.set(piece, count - 1)
    return count <= 0
  })
}

/**
 * Groups pages that changed alike, largest first.
 *
 * @param names of the changes, by page
 */
export function sameChanges(names: ReadonlyMap<PageChange, string>): PageChange[][] {
  const groups = new Map<string, PageChange[]>()
  for (const [page, name] of names) {
    const group = groups.get(name)
    if (group) group.push(page)
    else groups.set(name, [page])
  }
  return [...groups.values()].filter((group) => group.length >= MIN_ALIKE).sort((a, b) => b.length - a.length)
}
