import type { SiteStore } from '@sitedrive/core/drive'
// Not public yet.
import { findRelease } from '../../../core/dist/release/release-record.js'
import { openSiteServer, type ServedSite } from '../../src/mirror/site-server.js'
import type { Files } from './folders.js'
import { later } from './later.js'
import { PublishedSite } from './published-site.js'

export interface Mirror {
  port: number
  key: string
}

/** Publishes releases, one after another, and serves the site over HTTP from the drive that was written. */
export async function servePublished(...releases: Files[]): Promise<Mirror> {
  const published = new PublishedSite()
  for (const files of releases) await published.publish(files)
  const site = siteOf(await published.read())
  const server = await openSiteServer({ sites: new Map([[published.key, site]]) })
  later(() => server.close())
  return { port: server.port, key: published.key }
}

/** A published site with all its releases, of one machine. */
function siteOf(store: SiteStore): ServedSite {
  const holdVersion = async (version: number) => {
    const drive = store.at(version)
    const state = await store.state()
    return { ...state, version, drive, release: () => void drive.close().catch(() => {}) }
  }
  let newest: Awaited<ReturnType<typeof holdVersion>> | null = null
  void store.state().then(async ({ version }) => (newest = await holdVersion(version)))
  return {
    hold: () => newest && { ...newest, release: () => {} },
    holdRelease: async (release) =>
      findRelease(store, release).then(
        ({ version }) => holdVersion(version),
        () => null
      )
  }
}
