import { linkOf, readLog, SitedriveError } from '@sitedrive/core'
import { forkIn } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'

/** Says what to send to the author of the site that a project was forked from. */
export async function propose({ screen, projectDir, env, signal }: Session): Promise<number> {
  const { project, origin } = forkIn(projectDir)
  const { releases } = await readLog(projectDir, env, { limit: 1, signal })
  const [newest] = releases
  if (!newest?.fork || !newest.source)
    throw new SitedriveError(
      'NOT_A_FORK',
      newest
        ? `Release ${newest.release} of ${linkOf(project.key)} carries no source, so there is nothing to merge. Put \`"source": true\` into sitedrive.json, build and publish.`
        : 'The fork was not published yet. Build and publish it: what its author is shown is the newest release.'
    )
  const link = linkOf(project.key)
  screen.json({
    link,
    of: origin.of,
    release: newest.release,
    from: origin.release,
    commit: newest.source.commit
  })
  if (screen.isJson) return EXIT.done
  if (newest.source.isChanged)
    screen.warn('This release has changes that are in no commit. They are proposed, too.')
  if (project.seeds.length === 0)
    screen.warn(
      'No seed keeps the fork, so its author can fetch it only while a machine that has it is online: `npx sitedrive seeds add <key>`.'
    )
  screen.print(
    `Release ${newest.release} is proposed to the author of ${linkOf(origin.of)} as soon as you send them these lines:`
  )
  screen.print(`npx sitedrive review ${link}`)
  screen.print(`npx sitedrive accept ${link}`)
  return EXIT.done
}
