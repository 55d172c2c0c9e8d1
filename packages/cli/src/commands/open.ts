import { linkOf } from '@sitedrive/core'
import { parseByteCount } from '@sitedrive/peer'
import { readSiteAddress, type ReadSite } from '@sitedrive/reader'
import { EXIT, untilStopped, type Session } from '@sitedrive/terminal'
import { openInBrowser } from '../open-in-browser.js'
import { alreadyOpen, describeSite, openReader, type ReaderFlags } from '../reader-session.js'
import { StatusLine } from '../status-line.js'
import { nobody, SEARCH_MS } from '../with-site.js'

export interface OpenFlags extends ReaderFlags {
  /** false: no browser is opened. */
  browser?: boolean
}

const TICK_MS = 1_000

/** Shows a site on this machine until the command is stopped. */
export async function open(session: Session, link: string, flags: OpenFlags): Promise<number> {
  const { env, screen, signal } = session
  const maxBytes = flags.max === undefined ? undefined : parseByteCount(flags.max)
  const address = await readSiteAddress(link)
  const { key, name } = address
  const { reader, close } = await openReader(session, flags, maxBytes)
  try {
    const site = await reader.openSite(key, { name }).catch((error: unknown) => {
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
    if ((flags.browser ?? true) && screen.isTerminal) await openInBrowser(url, screen)
    const stop = showStatus(session, site)
    try {
      await untilStopped(signal)
    } finally {
      stop()
    }
    screen.info('Stopping.')
    return EXIT.done
  } finally {
    screen.clearProgress()
    await close()
  }
}

async function waitForFirstPage({ screen, signal }: Session, site: ReadSite): Promise<void> {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    screen.progress(`Looking for a peer that has ${linkOf(site.key)} (${seconds} s)`)
  }, 500)
  try {
    const found = await Promise.race([site.firstPage(SEARCH_MS), stopped(signal)])
    signal.throwIfAborted()
    if (!found) throw site.problem ?? nobody(site.key, site.peers)
  } finally {
    clearInterval(timer)
    screen.clearProgress()
  }
}

function stopped(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }))
}

/** @returns stops it */
function showStatus({ screen, env }: Session, site: ReadSite): () => void {
  const line = new StatusLine(screen, env)
  const show = () => {
    const { isComplete, peers, release } = site
    line.show(describeSite(site), `${isComplete} ${peers} ${release?.release}`)
  }
  const timer = setInterval(show, TICK_MS)
  show()
  return () => clearInterval(timer)
}
