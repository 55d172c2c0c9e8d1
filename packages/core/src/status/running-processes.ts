import type { SitePaths } from '../machine/data-dir.js'
import { dataDir } from '../machine/data-dir.js'
import { whoHolds } from '../machine/writer-process-lock.js'
import { previewPlace, recordedAddress } from '../preview/preview-place.js'

/** A process that works with a project now. */
export interface RunningProcess {
  /** `preview`: it shows the project live. `publish`: it has the site's store open to write. */
  kind: 'preview' | 'publish'
  /** null: it does not say. */
  pid: number | null
  /** Its command line, without paths; null: it does not say. */
  command: string | null
  /** ISO 8601; null: it does not say. */
  since: string | null
  /** Where it shows the project on this machine; null: nowhere. */
  url: string | null
}

/** The processes that show or publish a project now. */
export async function runningProcesses(
  projectDir: string,
  env: NodeJS.ProcessEnv,
  { lock }: SitePaths
): Promise<RunningProcess[]> {
  const [preview, publish] = await Promise.all([
    whoHolds(previewPlace(dataDir(env), projectDir).lock),
    whoHolds(lock)
  ])
  const named = (kind: RunningProcess['kind'], { holder }: NonNullable<typeof preview>): RunningProcess => ({
    kind,
    pid: holder?.pid ?? null,
    command: holder?.command ?? null,
    since: holder?.since ?? null,
    url: kind === 'preview' ? recordedAddress(env, projectDir) : null
  })
  return [...(preview ? [named('preview', preview)] : []), ...(publish ? [named('publish', publish)] : [])]
}
