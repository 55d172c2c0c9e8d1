import { linkOf } from '@sitedrive/core'
import { printable } from '@sitedrive/core/internal'
import type { LibrarySite, News } from './library.js'

/** What a site is called: the title of its start page, the domain that led to it, or its link. Without control characters. */
export function nameOf({ title, name, key }: Pick<LibrarySite, 'title' | 'name' | 'key'>): string {
  return printable(title?.trim() || name || linkOf(key))
}

/** What a release changed, in its author's words or by titles; empty when it says nothing. Without control characters. */
export function changesOf({ words, titles }: Pick<News, 'words' | 'titles'>): string {
  return printable(words ?? titles.join(', '))
}

/** One line for the newest release that has come. */
export function newsInWords(site: LibrarySite): string {
  const [newest] = site.news
  const who = nameOf(site)
  if (!newest) return who
  const number = newest.release === null ? 'a new version' : `release ${newest.release}`
  const what = changesOf(newest)
  return `${who}: ${number}${what ? `: ${what}` : ''}`
}
