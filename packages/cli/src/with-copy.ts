import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { plural } from '@sitedrive/core/internal'
import { cloneSite } from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { withSite } from './with-site.js'

/**
 * Copies the files of a site into a temporary folder, which is removed afterwards.
 *
 * @throws {SitedriveError} as `cloneSite`
 */
export async function withCopy<T>(
  session: Session,
  link: string,
  use: (dir: string) => Promise<T>
): Promise<T> {
  const { screen, signal } = session
  const root = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-copy-'))
  try {
    const dir = path.join(root, 'site')
    const { leftOutCount } = await withSite(session, link, (site, { release, version }) => {
      screen.progress('Copying')
      return cloneSite(site, { dir, release, version, signal })
    })
    screen.clearProgress()
    if (leftOutCount > 0)
      screen.warn(
        `${plural(leftOutCount, 'file')} of it cannot be copied here, and ${leftOutCount === 1 ? 'counts' : 'count'} as removed.`
      )
    return await use(dir)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
