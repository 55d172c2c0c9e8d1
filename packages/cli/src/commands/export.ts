import path from 'node:path'
import { linkOf } from '@sitedrive/core'
import { formatBytes, plural } from '@sitedrive/core/internal'
import { EXIT, type Session } from '@sitedrive/terminal'
import { exportRelease } from '@sitedrive/reader'
import { showLeftOut } from '../show-left-out.js'

export interface ExportFlags {
  release?: number
}

/** Writes the files of a release of this project's site into a folder. */
export async function exportSite(session: Session, dir: string, flags: ExportFlags): Promise<number> {
  const { projectDir, env, screen, signal } = session
  const target = path.resolve(projectDir, dir)
  const copied = await exportRelease(projectDir, target, {
    env,
    signal,
    ...(flags.release !== undefined && { release: flags.release }),
    onProgress: (done, all) => screen.progress(`Writing: ${plural(done.files, 'file')} of ${all.files}`)
  })
  const { key, release, version, files, bytes, leftOut, leftOutCount } = copied
  screen.json({ key, dir: target, release, version, files, bytes, leftOut, leftOutCount })
  const exitCode = leftOutCount === 0 ? EXIT.done : EXIT.failed
  if (screen.isJson) return exitCode
  screen.print(
    `Release ${release}: ${plural(files, 'file')}, ${formatBytes(bytes)}, each as it was signed, in ${target}`
  )
  showLeftOut(screen, copied)
  screen.print(linkOf(key))
  return exitCode
}
