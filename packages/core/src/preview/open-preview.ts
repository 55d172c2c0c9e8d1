import { dataDir } from '../machine/data-dir.js'
import { bootstrapOf } from '../machine/network-choice.js'
import { derivePreviewKeys } from '../holepunch/key-pairs.js'
import { ignoreFileOf } from '../project/project-file.js'
import { FolderPreview } from './folder-preview.js'
import type { Preview, PreviewOptions } from './preview-contract.js'
import { PreviewDrive } from './preview-drive.js'
import { lockPreview } from './preview-lock.js'
import { deletePreview, previewIdentity, previewPlace } from './preview-place.js'

/**
 * Opens the preview of a project folder.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open; DATA_DIR_UNUSABLE, DISK_FULL, STORE_FAILED
 */
export async function createPreview(options: PreviewOptions): Promise<Preview> {
  const env = options.env ?? process.env
  const home = dataDir(env)
  const place = previewPlace(home, options.projectDir)
  previewIdentity(place, options.projectDir) // makes the folder that the lock file is in
  const lock = await lockPreview(place)
  try {
    if (options.newLink) deletePreview(place)
    const { secret } = previewIdentity(place, options.projectDir)
    const keys = derivePreviewKeys(Buffer.from(secret, 'hex'))
    const drive = await PreviewDrive.open(place, keys)
    const bootstrap = options.bootstrap === undefined ? bootstrapOf(env, home) : options.bootstrap
    const preview = new FolderPreview({
      place,
      drive,
      keys,
      lock,
      home,
      ignoreFile: ignoreFileOf(options.projectDir),
      onProblem: options.onProblem ?? (() => {})
    })
    await preview.start(bootstrap)
    return preview
  } catch (error) {
    lock.release()
    throw error
  }
}
