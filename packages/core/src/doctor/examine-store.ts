import { messageOf } from '../error.js'
import { hasStore } from '../holepunch/store-folder.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { readHead, type Head } from '../machine/signed-head.js'
import { whoHolds } from '../machine/writer-process-lock.js'
import { checkHistory } from '../session/history-check.js'

/**
 * `none`: nothing was published here. `good`: it opens, and has all that this machine signed. `in use`: a publish runs, so it is
 * not compared. `unfinished`: the last publish did not end, and the next one goes on from there. `behind`: it lacks something
 * that was signed. `part`: not all of the index is here. `copied`: it comes from another machine or place. `head damaged`: what
 * was signed is not known. `failed`: it does not open.
 */
export type StoreState =
  'none' | 'good' | 'in use' | 'unfinished' | 'behind' | 'part' | 'copied' | 'head damaged' | 'failed'

export interface StoreFacts {
  state: StoreState
  /** Part of a sentence, or a sentence, that says more; null: `state` says all. */
  why: string | null
  /** When the last release was completed here, ISO 8601; null: not known. */
  publishedAt: string | null
}

/** Opens a site's store for reading, and compares it with what this machine signed. Changes nothing. */
export async function examineStore(key: string, env: NodeJS.ProcessEnv = process.env): Promise<StoreFacts> {
  const paths = sitePaths(dataDir(env), key)
  let head: Head | null
  try {
    head = readHead(paths.head)
  } catch (error) {
    return { state: 'head damaged', why: messageOf(error), publishedAt: null }
  }
  const publishedAt = head?.publishedAt ?? null
  const found = (state: StoreState, why: string | null = null): StoreFacts => ({ state, why, publishedAt })
  if (!hasStore(paths.store)) {
    return head && head.version > 0 ? found('behind', 'it is not there') : found('none')
  }
  const isInUse = (await whoHolds(paths.lock)) !== null
  // Imported here, because they load native code.
  const [{ isCopiedStore }, { openSiteReader }] = await Promise.all([
    import('../holepunch/copied-store.js'),
    import('../holepunch/site-store.js')
  ])
  if (await isCopiedStore(paths.store)) return found('copied')
  try {
    const site = await openSiteReader(paths.store, key)
    try {
      if (isInUse) return found('in use')
      if (!(await site.hasWholeIndex())) return found('part')
      const check = checkHistory(head, { ...(await site.state()), indexHash: await site.indexHash() })
      if (check.kind === 'behind') return found('behind', check.why)
      return found(check.kind === 'unfinished' || head?.intent ? 'unfinished' : 'good')
    } finally {
      await site.close()
    }
  } catch (error) {
    return found('failed', messageOf(error))
  }
}
