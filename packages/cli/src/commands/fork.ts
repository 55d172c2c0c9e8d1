import { existsSync } from 'node:fs'
import path from 'node:path'
import { linkOf } from '@sitedrive/core'
import { formatBytes, plural, printable } from '@sitedrive/core/internal'
import { forkSite, type Forked } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { showLeftOut } from '../show-left-out.js'
import { withSite } from '../with-site.js'

export interface ForkFlags {
  release?: number
}

/** Makes a site of one's own of another. */
export async function fork(session: Session, link: string, dir: string, flags: ForkFlags): Promise<number> {
  const { screen, projectDir, env, signal } = session
  const target = path.resolve(projectDir, dir)
  return withSite(session, link, async (site, address) => {
    const forked = await forkSite(site, {
      dir: target,
      env,
      release: flags.release ?? address.release,
      version: address.version,
      signal,
      onProgress: (done, all) =>
        screen.progress(
          `Copying: ${plural(done.files, 'file')} of ${all.files}, ${formatBytes(done.bytes)} of ${formatBytes(all.bytes)}`
        )
    })
    const { project, release, files, bytes, leftOut, leftOutCount } = forked
    const { key, source = false } = project
    screen.json({
      key,
      link: linkOf(key),
      dir: target,
      of: { key: address.key, ...project.fork, commit: release?.source?.commit ?? null },
      hasSource: forked.siteDir === null,
      source,
      files,
      bytes,
      leftOut,
      leftOutCount
    })
    const exitCode = leftOutCount === 0 ? EXIT.done : EXIT.failed
    if (screen.isJson) return exitCode
    const what = forked.siteDir === null ? 'the source' : 'the files'
    const which = release ? `release ${release.release}` : `version ${forked.version}`
    screen.print(
      `Forked ${what} of ${linkOf(address.key)} at ${which}: ${plural(files, 'file')}, ${formatBytes(bytes)}, each as its author signed it, to ${printable(target)}`
    )
    if (release?.source?.isChanged)
      screen.warn('Its author had changes that were in no commit. They are in this source.')
    showLeftOut(screen, forked)
    for (const line of nextSteps(forked, target)) screen.print(line)
    screen.print(linkOf(key))
    return exitCode
  })
}

function nextSteps({ siteDir, hasGit }: Forked, target: string): string[] {
  const own = 'It has a key of its own: `npx sitedrive key backup` shows the secret as 24 words.'
  if (siteDir !== null)
    return [
      own,
      `The site carries no source, so you have what it was built to. Next: \`cd ${printable(target)}\`, then \`npx sitedrive publish ${siteDir}\`.`
    ]
  const source = hasGit
    ? []
    : [
        'Git is not here, so the fork publishes no source of its own: `"source": true` in sitedrive.json does, once it is.'
      ]
  const next = existsSync(path.join(target, 'package.json'))
    ? 'Nothing of it was run. `npm install` and the build run what its author wrote: look at package.json first.'
    : 'Nothing of it was run. Build it as its author says.'
  return [own, ...source, next]
}
