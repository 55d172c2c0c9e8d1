import { dataDir, linkOf } from '@sitedrive/core'
import { printable } from '@sitedrive/core/internal'
import { acceptFork, openOwnSource } from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { requireProject } from '../require-project.js'
import { showMerged } from '../show-merged.js'
import { withSite } from '../with-site.js'

/** Merges what a fork made of this project's source into the project. */
export async function accept(session: Session, link: string): Promise<number> {
  const { screen, projectDir, env, signal } = session
  const project = requireProject(projectDir)
  return withSite(session, link, async (fork, address) => {
    screen.progress('Comparing')
    const own = await openOwnSource(dataDir(env), project.key)
    try {
      const { release, origin, files } = await acceptFork(fork, own, { dir: projectDir, signal })
      screen.clearProgress()
      screen.json({ fork: address.key, release: release.release, from: origin.release, files })
      const what = `release ${release.release} of ${linkOf(address.key)}`
      const did = showMerged(screen, files, {
        nothing: `Nothing is new: the project has all of ${what}`,
        some: `Merged ${what}, made of your release ${origin.release}`
      })
      if (files.length > 0 && !screen.isJson)
        screen.print(
          `Nothing of it was run, and nothing is published. Look at it${release.words ? ` (${printable(release.words)})` : ''}, build, then publish.`
        )
      return did
    } finally {
      await own.close()
    }
  })
}
