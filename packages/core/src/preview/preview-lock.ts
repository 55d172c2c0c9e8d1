import { SitedriveError } from '../error.js'
import { dataDir } from '../machine/data-dir.js'
import { acquireWriterLock, describeHolder, type WriterLock } from '../machine/writer-process-lock.js'
import { previewPlace, type PreviewPlace } from './preview-place.js'

/**
 * Takes the lock of a folder's preview without waiting. The preview's folder in the data directory must exist.
 *
 * @throws {SitedriveError} PREVIEW_RUNNING when another process has it open
 */
export async function lockPreview(place: PreviewPlace): Promise<WriterLock> {
  let holder = 'another process'
  try {
    return await acquireWriterLock(place.lock, {
      timeoutMs: 0,
      onWait: (other) => (holder = describeHolder(other))
    })
  } catch (cause) {
    // guard: preview: one process writes it
    if (!(cause instanceof SitedriveError) || cause.code !== 'LOCK_TIMEOUT') throw cause
    throw new SitedriveError(
      'PREVIEW_RUNNING',
      `The live preview of this folder is open in ${holder}. What that process builds is what viewers see.`,
      { cause }
    )
  }
}

/** Whether any process has the preview of a project folder open. */
export async function isPreviewOpen(
  env: NodeJS.ProcessEnv | undefined,
  projectDir: string
): Promise<boolean> {
  try {
    const lock = await lockPreview(previewPlace(dataDir(env ?? process.env), projectDir))
    lock.release()
    return false
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'PREVIEW_RUNNING') return true
    throw error
  }
}
