import { dataDir, linkOf, SitedriveError } from '@sitedrive/core'
import { Network } from '@sitedrive/core/drive'
import { keepMemorySmall } from '@sitedrive/core/internal'
import {
  nobody,
  openFetchedDrive,
  openHeldSource,
  readSiteAddress,
  SEARCH_MS,
  siteFolder,
  type SiteAddress,
  type SiteSource
} from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { bootstrapOf } from './bootstrap-of.js'

/** How long peers are looked for when something is here, but perhaps not the newest. Milliseconds. */
const REFRESH_MS = 4_000

/**
 * Opens the site that a link leads to, to read of it what a command needs. The newest state that a peer knows of is known when
 * `use` begins; without a peer it is the one that is here.
 *
 * @throws {SitedriveError} NOT_HELD when nobody has answered; as `readSiteAddress`
 */
export async function withSite<T>(
  session: Session,
  link: string,
  use: (site: SiteSource, address: SiteAddress) => Promise<T>
): Promise<T> {
  const { env, screen } = session
  keepMemorySmall()
  const address = await readSiteAddress(link)
  const dir = siteFolder(dataDir(env), address.key)
  const bootstrap = bootstrapOf(env)
  const network = Network.open(bootstrap ? { bootstrap } : {})
  try {
    const opened = await openFetchedDrive(dir, address.key, network)
    try {
      await find(opened.drive, session)
      return await use(opened.drive, address)
    } finally {
      screen.clearProgress()
      await opened.close()
    }
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'STORE_LOCKED') throw error
    const held = await openHeldSource(dir, address.key)
    try {
      return await use(held, address)
    } finally {
      await held.close()
    }
  } finally {
    await network.close(false)
  }
}

type Fetched = Awaited<ReturnType<typeof openFetchedDrive>>['drive']

/** Waits until something of the site is here, and the connected peers have told their newest state. */
async function find(drive: Fetched, { screen, signal }: Session): Promise<void> {
  const startedAt = performance.now()
  const hadIt = drive.newestState !== null
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    screen.progress(`Looking for a peer that has ${linkOf(drive.key)} (${seconds} s)`)
  }, 500)
  try {
    const waitMs = hadIt ? REFRESH_MS : SEARCH_MS
    const stop = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
    while (!stop.aborted && !(drive.newestState && drive.peers > 0))
      await drive.nextChange(stop).catch(() => {})
    signal.throwIfAborted()
    if (drive.newestState === null) throw nobody(drive.key, drive.peers)
    await drive.askForNewest(REFRESH_MS)
    if (hadIt && drive.peers === 0)
      screen.warn(
        'Nobody who has this site is online: this is what was fetched before, and perhaps not the newest.'
      )
  } finally {
    clearInterval(timer)
  }
}
