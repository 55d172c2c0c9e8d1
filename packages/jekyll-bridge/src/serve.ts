import { notedAddress } from '@sitedrive/core/preview'
import { SitedriveError } from '@sitedrive/core'
import { openLivePreview, type LivePreview } from '@sitedrive/preview/live'
import { EXIT, type Session } from '@sitedrive/terminal'
import { checkDestination } from './check-settings.js'
import { findJekyll } from './find-jekyll.js'
import type { JekyllFlags } from './jekyll-flags.js'
import { readJekyllOptions } from './jekyll-options.js'
import { readJekyllSettings } from './jekyll-settings.js'
import { ownBuild } from './own-build.js'
import { watchProject } from './watch-project.js'

export interface ServeFlags extends JekyllFlags {
  port?: number
  newLink?: boolean
}

/** Shows every build of a Jekyll that watches as a live preview, until it is stopped. */
export async function serve(session: Session, flags: ServeFlags): Promise<number> {
  const { projectDir, env, screen } = session
  const options = readJekyllOptions(flags.words)
  const command = findJekyll(projectDir, env, flags.jekyll)
  // What is wrong from the start is told before anything is opened.
  checkDestination(projectDir, readJekyllSettings(projectDir, options), env)
  if (options.isLiveReload) screen.say('`--livereload` is left out: the preview does that by itself.')

  const preview = await open(session, flags, ownBuild(flags, options))
  try {
    const { key, link, url, reviewUrl } = preview
    screen.json({ key, link, url, reviewUrl })
    screen.say(`Live preview: ${url}`)
    screen.say(`Review and publish: ${reviewUrl}`)
    screen.say(`From another machine: npx sitedrive preview '${link}'`)
    screen.say('What is built here is not published; `jekyll-bridge build` publishes. Ctrl-C stops it.')
    await watchProject(session, { command, options, preview })
    return EXIT.done
  } finally {
    await preview.close()
  }
}

async function open(
  { projectDir, env, screen }: Session,
  flags: ServeFlags,
  fallback: string
): Promise<LivePreview> {
  try {
    return await openLivePreview({
      projectDir,
      port: flags.port,
      newLink: flags.newLink ?? false,
      env,
      // A script that runs no Jekyll makes style sheets, or the like.
      build: { script: /jekyll/, fallback },
      onProblem: (problem) => screen.warn(problem.message)
    })
  } catch (error) {
    if (!(error instanceof SitedriveError) || error.code !== 'PREVIEW_RUNNING') throw error
    const url = notedAddress(env, projectDir)
    throw url === null
      ? error
      : new SitedriveError(error.code, `${error.message} It is at ${url}`, { cause: error })
  }
}
