import { dataDir, linkOf } from '@sitedrive/core'
import { plural, printable } from '@sitedrive/core/internal'
import { listSites, type KnownSite } from '@sitedrive/core/status'
import { Library, type LibrarySite } from '@sitedrive/reader'
import { EXIT, type Screen, type Session } from '@sitedrive/terminal'
import { describeReader } from '../describe-reader.js'
import { openForPerson } from '../open-in-browser.js'
import { openReader, type ReaderFlags } from '../reader-session.js'
import { RunningLibrary } from '../running-library.js'
import { stayOpen } from '../stay-open.js'

export interface LibraryFlags extends ReaderFlags {
  /** false: no browser is opened. */
  browser?: boolean
  /** The list as text; nothing is started. */
  list?: boolean
}

/** Opens the sites that are followed or kept, and shows the library until the command is stopped. */
export async function library(session: Session, flags: LibraryFlags): Promise<number> {
  if (flags.list) return listLibrary(session)
  const { env, screen } = session
  const running = await RunningLibrary.find(env)
  if (running) return showThere(session, running, flags)
  const { reader, libraryUrl, close } = await openReader(session, flags, undefined)
  try {
    for (const { problem } of await reader.openLibrary()) screen.warn(problem.message)
    session.expectStopSignal()
    screen.json({
      url: libraryUrl,
      sites: [...reader.sites.keys()].map((key) => sitePlace(key, reader.urlOf(key)))
    })
    screen.print(
      reader.sites.size === 0
        ? 'No site is followed or kept yet. Ctrl-C stops it. The library is at:'
        : `New releases of ${plural(reader.sites.size, 'site')} are told here as they come. Ctrl-C stops it. The library is at:`
    )
    screen.print(libraryUrl)
    await openForPerson(libraryUrl, screen, flags.browser)
    return await stayOpen(session, () => describeReader(reader))
  } finally {
    screen.clearProgress()
    await close()
  }
}

async function showThere({ screen }: Session, running: RunningLibrary, flags: LibraryFlags): Promise<number> {
  const { sites, problems } = await running.ask('POST /api/resume')
  for (const problem of problems) screen.warn(problem)
  screen.json({ url: running.url, sites: sites.map(({ key, url }) => sitePlace(key, url)) })
  screen.print(`Process ${running.pid} of sitedrive runs the library. It is at:`)
  screen.print(running.url)
  await openForPerson(running.url, screen, flags.browser)
  return EXIT.done
}

function sitePlace(key: string, url: string): object {
  return { key, link: linkOf(key), url }
}

async function listLibrary({ env, screen }: Session): Promise<number> {
  const sites = new Library(dataDir(env)).list()
  const mine = await listSites(env)
  screen.json({
    mine: mine.map(({ key, name, release, publishedAt }) => ({
      key,
      link: linkOf(key),
      name,
      release,
      publishedAt
    })),
    sites: sites.map(({ key, ...rest }) => ({ key, link: linkOf(key), ...rest }))
  })
  if (screen.isJson) return EXIT.done
  if (mine.length + sites.length === 0)
    screen.info(
      'The library is empty. `npx sitedrive open <link>` reads a site; `npx sitedrive init` begins one of your own.'
    )
  for (const interest of ['followed', 'kept', 'read'] as const)
    printShelf(screen, TITLES[interest], sites.filter((site) => site.interest === interest).map(linesOfSite))
  printShelf(screen, 'Mine', mine.map(linesOfOwn))
  return EXIT.done
}

const TITLES = { followed: 'Followed', kept: 'Kept', read: 'Read' }

function printShelf(screen: Screen, title: string, entries: string[][]): void {
  if (entries.length === 0) return
  screen.print(title)
  for (const line of entries.flat()) screen.print(`  ${line}`)
}

function linesOfSite({ key, title, name, release, news }: LibrarySite): string[] {
  const [newest] = news
  const what = newest && (newest.words ?? newest.titles.join(', '))
  const at = release === null ? '' : `, release ${release}`
  return [`${printable(title ?? name ?? key)}${at}${what ? `: ${printable(what)}` : ''}`, linkOf(key)]
}

function linesOfOwn({ key, name, release }: KnownSite): string[] {
  return [`${printable(name ?? key)}, ${release ? `release ${release}` : 'not published yet'}`, linkOf(key)]
}
