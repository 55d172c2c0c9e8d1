import { linkOf } from '@sitedrive/core'
import { formatBytes, plural } from '@sitedrive/core/internal'
import { parseByteCount } from '@sitedrive/peer'
import { readSiteAddress, type Reader } from '@sitedrive/reader'
import { EXIT, untilStopped, type Session } from '@sitedrive/terminal'
import { alreadyOpen, openReader, type ReaderFlags } from '../reader-session.js'
import { StatusLine } from '../status-line.js'

const TICK_MS = 1_000

/** Keeps sites of others whole on this machine, and hands them on, until the command is stopped. */
export async function keep(session: Session, links: string[], flags: ReaderFlags): Promise<number> {
  const { env, screen, signal } = session
  const maxBytes = flags.max === undefined ? null : parseByteCount(flags.max)
  const addresses = await Promise.all(links.map((link) => readSiteAddress(link)))
  const { reader, close } = await openReader(session, { ...flags, share: true }, undefined)
  try {
    for (const { key, name } of addresses) {
      await reader
        .openSite(key, { interest: 'kept', name, ...(maxBytes !== null && { maxBytes }) })
        .catch((error: unknown) => {
          throw alreadyOpen(env, key, error)
        })
    }
    if (links.length === 0) for (const { problem } of await reader.openLibrary()) screen.warn(problem.message)
    session.expectStopSignal()
    const sites = [...reader.sites.keys()].map((key) => ({ key, link: linkOf(key), url: reader.urlOf(key) }))
    screen.json({ sites })
    if (sites.length === 0) screen.info('Nothing is kept yet: `npx sitedrive keep <link>` keeps a site.')
    screen.print(
      `Keeps ${plural(sites.length, 'site')}, and hands what is here on to whoever asks. Ctrl-C stops it.`
    )
    for (const { url } of sites) screen.print(url)
    const stop = showStatus(session, reader)
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

/** @returns stops it */
function showStatus({ screen, env }: Session, reader: Reader): () => void {
  const line = new StatusLine(screen, env)
  const show = () => {
    const sites = [...reader.sites.values()]
    const whole = sites.filter(({ isComplete }) => isComplete).length
    const peers = sites.reduce((sum, site) => sum + site.peers, 0)
    const bytes = sites.reduce((sum, { progress }) => sum + progress.bytes, 0)
    const words = `${whole} of ${plural(sites.length, 'site')} whole, ${formatBytes(bytes)} · connected to ${plural(peers, 'peer')}`
    line.show(words, `${whole} ${sites.length}`)
  }
  const timer = setInterval(show, TICK_MS)
  show()
  return () => clearInterval(timer)
}
