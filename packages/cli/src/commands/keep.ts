import { linkOf } from '@sitedrive/core'
import { plural } from '@sitedrive/core/internal'
import { parseByteCount } from '@sitedrive/peer'
import { readSiteAddress } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { describeReader } from '../describe-reader.js'
import { alreadyOpen, openReader, type ReaderFlags } from '../reader-session.js'
import { RunningLibrary } from '../running-library.js'
import { stayOpen } from '../stay-open.js'

/** Keeps sites of others whole on this machine, and hands them on, until the command is stopped. */
export async function keep(session: Session, links: string[], flags: ReaderFlags): Promise<number> {
  const { env, screen } = session
  const maxBytes = flags.max === undefined ? null : parseByteCount(flags.max)
  const addresses = await Promise.all(links.map((link) => readSiteAddress(link)))
  const running = await RunningLibrary.find(env)
  if (running) return keepThere(session, running, { links, maxBytes })
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
    return await stayOpen(session, () => describeReader(reader))
  } finally {
    screen.clearProgress()
    await close()
  }
}

interface Wanted {
  links: readonly string[]
  maxBytes: number | null
}

/** Has the process that runs the library keep them, since one process has a site open. */
async function keepThere(
  { screen }: Session,
  running: RunningLibrary,
  { links, maxBytes }: Wanted
): Promise<number> {
  const limit = maxBytes === null ? {} : { maxBytes }
  for (const link of links) await running.ask('POST /api/open', { link, interest: 'kept', ...limit })
  const { sites, problems, isShared } = await running.ask('POST /api/resume')
  for (const problem of problems) screen.warn(problem)
  if (!isShared)
    screen.warn(
      `Process ${running.pid} was started with \`--no-share\`: it hands nothing on until it is started anew.`
    )
  screen.json({ sites: sites.map(({ key, url }) => ({ key, link: linkOf(key), url })) })
  screen.print(
    `Process ${running.pid} of sitedrive has ${plural(sites.length, 'site')} open, and keeps them while it runs.`
  )
  for (const { url } of sites) screen.print(url)
  return EXIT.done
}
