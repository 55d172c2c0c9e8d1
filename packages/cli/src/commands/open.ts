import { setTimeout } from 'node:timers/promises'
import { linkOf, SitedriveError } from '@sitedrive/core'
import { parseByteCount } from '@sitedrive/peer'
import { describeSite, nobody, readSiteAddress, SEARCH_MS, type ReadSite } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { openForPerson } from '../open-in-browser.js'
import { alreadyOpen, openReader, type ReaderFlags } from '../reader-session.js'
import { RunningLibrary } from '../running-library.js'
import { stayOpen } from '../stay-open.js'

export interface OpenFlags extends ReaderFlags {
  /** false: no browser is opened. */
  browser?: boolean
}

/** How often another process is asked whether something has come. Milliseconds. */
const ASK_MS = 200

/** Shows a site on this machine until the command is stopped. */
export async function open(session: Session, link: string, flags: OpenFlags): Promise<number> {
  const { env, screen } = session
  const maxBytes = flags.max === undefined ? undefined : parseByteCount(flags.max)
  const address = await readSiteAddress(link)
  const { key, name } = address
  const running = await RunningLibrary.find(env)
  if (running) return openThere(session, running, { link, flags, maxBytes })
  const { reader, close } = await openReader(session, flags, maxBytes)
  try {
    const site = await reader.openSite(key, { name, path: address.path }).catch((error: unknown) => {
      throw alreadyOpen(env, key, error)
    })
    await waitForFirstPage(session, site)
    const host = address.release === null ? key : `r${address.release}-${key}`
    const url = new URL(encodeURI(address.path), reader.urlOf(host)).href
    session.expectStopSignal()
    screen.json({ key, link: linkOf(key), url })
    if (flags.share ?? true)
      screen.info(
        'While this runs, others get from here what is here, and can tell that you read it: `--no-share` ends that.'
      )
    screen.print('Ctrl-C stops it. The site is at:')
    screen.print(url)
    await openForPerson(url, screen, flags.browser)
    return await stayOpen(session, () => [
      describeSite(site),
      `${site.isComplete} ${site.peers} ${site.release?.release}`
    ])
  } finally {
    screen.clearProgress()
    await close()
  }
}

interface Wanted {
  link: string
  flags: OpenFlags
  maxBytes: number | undefined
}

/** Has the process that runs the library open it, since one process has a site open. */
async function openThere(
  session: Session,
  running: RunningLibrary,
  { link, flags, maxBytes }: Wanted
): Promise<number> {
  const { screen } = session
  const { key, url, isShared } = await running.ask('POST /api/open', { link, maxBytes })
  await whileSearching(session, key, async () => {
    for (;;) {
      const { sites } = await running.ask('GET /api/library')
      const standing = sites.find((site) => site.key === key)?.standing
      if (standing?.kind === 'problem') throw new SitedriveError('NOT_HELD', standing.message)
      if (standing?.kind !== 'searching') return
      await setTimeout(ASK_MS)
      session.signal.throwIfAborted()
    }
  })
  screen.json({ key, link: linkOf(key), url })
  if (!(flags.share ?? true) && isShared)
    screen.warn(`Process ${running.pid} was started without \`--no-share\`: it hands this site on, too.`)
  screen.print(`Process ${running.pid} of sitedrive has it open, and shows it while it runs. The site is at:`)
  screen.print(url)
  await openForPerson(url, screen, flags.browser)
  return EXIT.done
}

async function waitForFirstPage(session: Session, site: ReadSite): Promise<void> {
  const { signal } = session
  await whileSearching(session, site.key, async () => {
    const found = await Promise.race([site.firstPage(SEARCH_MS), stopped(signal)])
    signal.throwIfAborted()
    if (!found) throw site.problem ?? nobody(site.key, site.peers)
  })
}

/** Says on the screen that peers are looked for, until `search` has ended. */
async function whileSearching({ screen }: Session, key: string, search: () => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    screen.progress(`Looking for a peer that has ${linkOf(key)} (${seconds} s)`)
  }, 500)
  try {
    await search()
  } finally {
    clearInterval(timer)
    screen.clearProgress()
  }
}

function stopped(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }))
}
