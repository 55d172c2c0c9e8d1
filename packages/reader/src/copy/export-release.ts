import { SitedriveError } from '@sitedrive/core'
import { withRelease } from '@sitedrive/core/drive'
import { copyFiles, type Copied, type Extent } from './copy-files.js'
import { TargetFolder } from './target-folder.js'

export interface ExportOptions {
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** The number of the release. @default the newest */
  release?: number
  signal: AbortSignal
  onProgress?: (done: Extent, all: Extent) => void
}

export interface Exported extends Copied {
  /** The site's key, z-base-32. */
  key: string
  release: number
  version: number
}

/**
 * Writes the files of a release of a project's own site into a folder, as this machine's store has them. Uses no network.
 *
 * @param dir the folder, absolute; new or empty, or an export of the same release that was broken off
 * @throws {SitedriveError} NO_PROJECT, STORE_EMPTY, NO_SUCH_RELEASE, RELEASE_CHAIN_INVALID; NOT_HELD when not all of the release is
 *   on this machine; DIR_INVALID or DISK_FULL for the folder
 */
export async function exportRelease(
  projectDir: string,
  dir: string,
  { env = process.env, release: wanted, signal, onProgress }: ExportOptions
): Promise<Exported> {
  return withRelease(projectDir, env, wanted, async ({ key, release, state, drive, isHeld }) => {
    const target = TargetFolder.open(dir, { key, version: state.version, fork: state.fork })
    try {
      const copied = await copyFiles(
        {
          blobsLength: state.blobsLength,
          entries: () => drive.entries(),
          async fetch(blobs) {
            for (const blob of blobs) if (!(await isHeld(blob))) throw notHeld(release)
          },
          blocks: (blob) => drive.blocks(blob)
        },
        target,
        { signal, ...(onProgress && { onProgress }) }
      )
      if (copied.leftOutCount === 0) target.finish()
      return { ...copied, key, release, version: state.version }
    } catch (error) {
      target.discardIfEmpty()
      throw error
    }
  })
}

function notHeld(release: number): SitedriveError {
  return new SitedriveError(
    'NOT_HELD',
    `Not all of release ${release} is on this machine, as after a publish from another one. \`npx sitedrive clone <link> <dir>\` fetches it from those who have it.`
  )
}
