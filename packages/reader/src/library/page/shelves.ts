import { plural } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { LibraryAnswer, OwnRow, SiteRow } from '../api.js'

/** One site in the list. */
export type Item = { id: string; name: string; place: string } & (
  { kind: 'mine'; site: OwnRow } | { kind: 'other'; site: SiteRow }
)

/** A group of the list. */
export interface Shelf {
  id: string
  title: string
  items: Item[]
}

/** The sites in reading order; empty groups are left out. */
export function shelvesOf({ mine, sites }: LibraryAnswer): Shelf[] {
  const of = (interest: SiteRow['interest']): Item[] =>
    sites.filter((site) => site.interest === interest).map(itemOf)
  return [
    { id: 'followed', title: 'Followed', items: of('followed') },
    { id: 'kept', title: 'Kept', items: of('kept') },
    { id: 'read', title: 'Read', items: of('read') },
    { id: 'mine', title: 'Mine', items: mine.map(ownItemOf) }
  ].filter(({ items }) => items.length > 0)
}

function itemOf(site: SiteRow): Item {
  return { kind: 'other', id: `other ${site.key}`, name: site.name, place: inShort(site), site }
}

function ownItemOf(site: OwnRow): Item {
  const place = site.release === null ? 'not published yet' : `release ${site.release}`
  return { kind: 'mine', id: `mine ${site.key}`, name: site.name, place, site }
}

/** How a copy stands, in a few words. */
function inShort({ standing, release }: SiteRow): string {
  const what = release === null ? '' : `release ${release}`
  if (standing.kind === 'problem') return 'cannot be fetched'
  if (standing.kind === 'searching') return 'looking for who has it…'
  const parts = [what]
  if (standing.kind === 'open') {
    if (!standing.isComplete) parts.push(`${Math.floor(standing.share * 100)} % here`)
    parts.push(standing.peers === 0 ? 'nobody else online' : plural(standing.peers, 'peer'))
  }
  return parts.filter((part) => part !== '').join(' · ') || 'on this machine'
}
