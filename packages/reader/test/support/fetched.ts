import path from 'node:path'
import { localNetwork } from '../../../mirror/test/support/local-network.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { later } from '../../../mirror/test/support/later.js'
import { until } from '../../../mirror/test/support/until.js'
import type { CloneOptions } from '../../src/copy/clone-site.js'
import { openFetchedDrive, type FetchedDrive } from '../../src/site/fetched-drive.js'

/** The copy of a site at a stranger, connected to who has it. */
export async function fetched(key: string, dir = path.join(tempDir(), 'copy')): Promise<FetchedDrive> {
  const opened = await openFetchedDrive(dir, key, await localNetwork())
  later(() => opened.close())
  await until('a peer with the site', () => opened.drive.peers > 0)
  await opened.drive.askForNewest(10_000)
  return opened
}

/** A signal that never fires. */
export const never: CloneOptions['signal'] = new AbortController().signal
