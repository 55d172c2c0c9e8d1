import { dataDir, linkOf, SitedriveError } from '@sitedrive/core'
import { formatBytes, keepMemorySmall, makePrivateDir, plural, printable } from '@sitedrive/core/internal'
import { Reader, readDir, type LibrarySite, type ReadSite } from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { readRunning, writeRunning, type RunningPeer } from './running-peer.js'
import { bootstrapOf } from './with-site.js'

export interface ReaderFlags {
  port?: number
  /** false: nothing is handed to others. */
  share?: boolean
  max?: string
}

/** Opens the reader of this machine, and leaves a record of it for other commands. */
export async function openReader(
  session: Session,
  { port, share = true }: ReaderFlags,
  maxBytes: number | undefined
): Promise<{ reader: Reader; close: () => Promise<void> }> {
  const { env, screen } = session
  const home = dataDir(env)
  makePrivateDir(readDir(home))
  keepMemorySmall()
  const reader = await Reader.open({
    home,
    bootstrap: bootstrapOf(env),
    isShared: share,
    port,
    maxBytes,
    onNews: (site, entry) => screen.print(newsOf(site, entry))
  })
  const removeRecord = writeRunning(readDir(home), {
    pid: process.pid,
    url: `http://localhost:${reader.port}/`
  })
  return {
    reader,
    close: async () => {
      removeRecord()
      await reader.close()
    }
  }
}

/** One line for a release that has come. */
function newsOf({ key }: ReadSite, { news, title, name }: LibrarySite): string {
  const [newest] = news
  const who = printable(title ?? name ?? linkOf(key))
  if (!newest) return who
  const number = newest.release === null ? 'a new version' : `release ${newest.release}`
  const what = newest.words ?? newest.titles.join(', ')
  return `${who}: ${number}${what ? `: ${printable(what)}` : ''}`
}

/** Who has a site, and how much of it is here. */
export function describeSite(site: ReadSite): string {
  const { peers, isComplete, isTooLarge, release, progress } = site
  const who =
    peers === 0
      ? 'Nobody else has it online now'
      : `${plural(peers, 'peer')} ${peers === 1 ? 'has' : 'have'} it`
  const what = release ? `release ${release.release}` : 'this version'
  if (isComplete) return `${who} · all of ${what} is here, ${formatBytes(progress.bytes)} with its history`
  if (isTooLarge)
    return `${who} · it has ${formatBytes(progress.bytes)}, so pages are fetched when they are opened; \`--max\` allows more`
  const percent = progress.known === 0 ? 0 : Math.floor((100 * progress.held) / progress.known)
  const shown = site.state ? `showing ${what}, fetching the next: ` : ''
  return `${who} · ${shown}${percent} % of ${formatBytes(progress.bytes)} is here`
}

/** The reader that another process of this data directory runs. */
export function runningReader(env: NodeJS.ProcessEnv): RunningPeer | null {
  return readRunning(readDir(dataDir(env)))
}

/** Explains that another process has a site open. */
export function alreadyOpen(env: NodeJS.ProcessEnv, key: string, cause: unknown): unknown {
  if (!(cause instanceof SitedriveError) || cause.code !== 'STORE_LOCKED') return cause
  const running = runningReader(env)
  const where = running ? `: process ${running.pid}. It is at ${running.url.replace('//', `//${key}.`)}` : ''
  return new SitedriveError(
    'STORE_LOCKED',
    `Another process of sitedrive on this machine has ${linkOf(key)} open${where}. Look there, or stop that one first.`,
    { cause }
  )
}
