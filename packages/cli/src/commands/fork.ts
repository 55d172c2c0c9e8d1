import { existsSync } from 'node:fs'
import path from 'node:path'
import { linkOf, SitedriveError } from '@sitedrive/core'
import { formatBytes, plural, printable } from '@sitedrive/core/internal'
import { forkIn, forkSite, updateFork, type Forked } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { copyProgress } from '../copy-progress.js'
import { showLeftOut } from '../show-left-out.js'
import { showMerged } from '../show-merged.js'
import { withSite } from '../with-site.js'

export interface ForkFlags {
  release?: number
  /** Takes over what the other site has published since. */
  update?: boolean
}

/** Makes a site of one's own of another, or takes over what the other has published since. */
export async function fork(
  session: Session,
  link: string | undefined,
  dir: string | undefined,
  flags: ForkFlags
): Promise<number> {
  if (flags.update) {
    if (link !== undefined)
      throw new SitedriveError(
        'BAD_OPTION',
        '`fork --update` takes no link: sitedrive.json says where the project was forked from.'
      )
    return update(session)
  }
  if (link === undefined || dir === undefined)
    throw new SitedriveError(
      'BAD_OPTION',
      'Name a site and a new folder: `npx sitedrive fork hyper://<key>/ <dir>`; or update a fork: `npx sitedrive fork --update`.'
    )
  return make(session, link, dir, flags)
}

async function make(session: Session, link: string, dir: string, flags: ForkFlags): Promise<number> {
  const { screen, projectDir, env, signal } = session
  const target = path.resolve(projectDir, dir)
  return withSite(session, link, async (site, address) => {
    const forked = await forkSite(site, {
      dir: target,
      env,
      release: flags.release ?? address.release,
      version: address.version,
      signal,
      onProgress: copyProgress(screen)
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

async function update(session: Session): Promise<number> {
  const { screen, projectDir, signal } = session
  const { origin } = forkIn(projectDir)
  return withSite(session, linkOf(origin.of), async (site) => {
    screen.progress('Comparing')
    const { release, files } = await updateFork(site, { dir: projectDir, signal })
    screen.clearProgress()
    screen.json({ of: origin.of, from: origin.release, release: release?.release ?? null, files })
    const which = `${release ? `release ${release.release}` : 'the newest version'} of ${linkOf(origin.of)}`
    return showMerged(screen, files, {
      nothing: `Nothing is new: the fork has all of ${which}`,
      some: `Took over ${which}`
    })
  })
}
