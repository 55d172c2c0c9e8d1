import type { IncomingMessage } from 'node:http'
import { inWords, type Way } from './page-in-words.js'
import type { ReadyAnswer } from './own-page.js'

// What readers are told in the place of a page, one function for each occasion.

const HOME: Way = { href: '/', label: 'Go to the start of this site' }
const AGAIN: Way = { href: '', label: 'Try again' }

/** Longer host names, and those with other characters, are not repeated. */
const SHOWN_HOST = /^[a-z0-9.-]{1,100}$/

export interface NoSite {
  /** The host name that was asked for. */
  host: string
  /** Sites are at `<key>.<domain>`. */
  domain: string
  /** The page that lists the sites of this server; null: readers cannot open it. */
  list: string | null
}

/** Nothing is at the host name: the key is of no site here, or the name is none of this server. */
export function noSite({ host, domain, list }: NoSite): ReadyAnswer {
  const isBelow = host.endsWith(`.${domain}`)
  const text = isBelow
    ? 'No such site here. This server shows the sites that it keeps, each at an address of its own, and none is at this one. ' +
      'Is the whole address right, to its last letter? If it is, ask whoever gave it to you for another address of the site.'
    : `No such site here. This server shows no site ${SHOWN_HOST.test(host) ? `at ${host}` : 'at this host name'}. ` +
      'If the name is yours: its DNS record must name a site that this server keeps.'
  return inWords({ status: 404, title: 'No such site here', text, way: listed(list) })
}

export const NOT_HERE_YET = inWords({
  status: 503,
  title: 'This site is on its way',
  text:
    'This site is not on this server yet. It is being fetched from its author, or from others who have it. ' +
    'That takes from seconds to minutes.',
  way: AGAIN,
  headers: { 'retry-after': '2' }
})

export function blocked(list: string | null): ReadyAnswer {
  return inWords({
    status: 451,
    title: 'This site is not shown here',
    text: 'This site is not shown here. The operator of this server has blocked it.',
    way: listed(list)
  })
}

/** @param newest where the newest release is */
export function noRelease(release: number, newest: string): ReadyAnswer {
  return inWords({
    status: 404,
    title: 'No such release',
    text: `There is no release ${release} of this site here.`,
    way: { href: newest, label: 'Go to the newest release' }
  })
}

export function lostRelease(release: number, newest: string): ReadyAnswer {
  return inWords({
    status: 410,
    title: `Release ${release} is gone`,
    text: `The files of release ${release} are gone: nobody holds them any more, and the author of this site has noted that.`,
    way: { href: newest, label: 'Go to the newest release' }
  })
}

/** The index could not be read: too slow, damaged, or truncated by its author. */
export const TROUBLE = inWords({
  status: 503,
  title: 'This site cannot be read right now',
  text: 'This site cannot be read right now. Its files are slow to arrive, or damaged here.',
  way: AGAIN,
  headers: { 'retry-after': '2' }
})

export const NO_HOST = inWords({
  status: 400,
  title: 'This request is malformed',
  text: 'This request does not say which host it is for.'
})

export const MALFORMED = inWords({
  status: 400,
  title: 'This address is malformed',
  text: 'This address is malformed.',
  way: HOME
})

/** @param hasHome the site has a page at `/` */
export function noPage(hasHome: boolean, headers: Record<string, string>): ReadyAnswer {
  return inWords({
    status: 404,
    title: 'Page not found',
    text: 'There is no such page on this site.',
    way: hasHome ? HOME : null,
    headers
  })
}

export function removedPage(headers: Record<string, string>): ReadyAnswer {
  return inWords({ status: 410, title: 'This page is gone', text: 'This page is gone.', way: HOME, headers })
}

export function withheldPage(headers: Record<string, string>): ReadyAnswer {
  return inWords({
    status: 451,
    title: 'This page is not shown',
    text: 'This page is not shown for legal reasons.',
    way: HOME,
    headers
  })
}

/** Caches must not keep it: the file may be readable in the next release. */
export const UNREADABLE = inWords({
  status: 502,
  title: 'This page cannot be read',
  text: 'The site has this file, but its bytes cannot be read.',
  way: AGAIN
})

/** The same for bytes that do not match the signed hash. */
export const DAMAGED = inWords({
  status: 502,
  title: 'This page is damaged here',
  text: 'This file is not what its author signed, so it is not shown. The rest of the site is.',
  way: HOME
})

/** What the rules of a site lead to is not known. @param why one or two sentences */
export function unknownTarget(why: string, headers: Record<string, string>): ReadyAnswer {
  return inWords({
    status: 502,
    title: 'This page cannot be found right now',
    text: why,
    way: AGAIN,
    headers
  })
}

function listed(list: string | null): Way | null {
  return list === null ? null : { href: list, label: 'The sites of this server' }
}

/** The port that a client named, as the end of an address; empty: the usual one of its protocol. */
export function askedPort({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return /:\d{1,5}$/.exec(headers.host ?? '')?.[0] ?? ''
}
