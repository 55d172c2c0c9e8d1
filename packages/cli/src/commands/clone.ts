import path from 'node:path'
import { linkOf } from '@sitedrive/core'
import { formatBytes, plural } from '@sitedrive/core/internal'
import { cloneSite } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { copyProgress } from '../copy-progress.js'
import { showLeftOut } from '../show-left-out.js'
import { withSite } from '../with-site.js'

export interface CloneFlags {
  release?: number
}

/** Copies the files of a site into a folder. */
export async function clone(session: Session, link: string, dir: string, flags: CloneFlags): Promise<number> {
  const { screen, projectDir, signal } = session
  const target = path.resolve(projectDir, dir)
  return withSite(session, link, async (site, address) => {
    const copied = await cloneSite(site, {
      dir: target,
      release: flags.release ?? address.release,
      version: address.version,
      signal,
      onProgress: copyProgress(screen)
    })
    const { files, bytes, version, fork, leftOut, leftOutCount } = copied
    screen.json({ key: address.key, dir: target, version, fork, files, bytes, leftOut, leftOutCount })
    const exitCode = leftOutCount === 0 ? EXIT.done : EXIT.failed
    if (screen.isJson) return exitCode
    screen.print(
      `Copied ${plural(files, 'file')}, ${formatBytes(bytes)}, each as its author signed it, to ${target}`
    )
    showLeftOut(screen, copied)
    screen.print(linkOf(address.key))
    return exitCode
  })
}
