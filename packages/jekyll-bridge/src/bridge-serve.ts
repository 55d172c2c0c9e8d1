import { openIntegration } from '@sitedrive/integration'
import { EXIT, type Session } from '@sitedrive/terminal'
import { bridgeHost } from './bridge-host.js'
import { checkDestination } from './check-settings.js'
import { findJekyll } from './find-jekyll.js'
import { readJekyllOptions } from './jekyll-options.js'
import { readJekyllSettings } from './jekyll-settings.js'
import { ownBuildCommand } from './bridge-build-command.js'
import type { JekyllFlags } from './jekyll-flags.js'
import { watchProject } from './watch-project.js'

export interface ServeFlags extends JekyllFlags {
  port?: number
  newLink?: boolean
}

/** Runs a Jekyll that watches the project, and shows each build as a live preview, until the command is stopped. */
export async function serve(session: Session, flags: ServeFlags): Promise<number> {
  const { projectDir, env, screen } = session
  const options = readJekyllOptions(flags.words)
  const command = findJekyll(projectDir, env, flags.jekyll)
  // Errors of the configuration must be reported before anything is opened.
  checkDestination(projectDir, readJekyllSettings(projectDir, options), env)
  if (options.isLiveReload) screen.print('`--livereload` is left out: the preview does that by itself.')

  const integration = openIntegration(bridgeHost(screen, ownBuildCommand(flags, options)), {
    projectDir,
    env,
    newLink: flags.newLink ?? false,
    // A `build` script without Jekyll builds only a part of the site, such as style sheets.
    buildScript: 'jekyll',
    ...(flags.port !== undefined && { previewPort: flags.port })
  })
  const { key, link, url, reviewUrl } = await integration.preview.open()
  try {
    screen.json({ key, link, url, reviewUrl })
    await watchProject(session, { command, options, integration })
    return EXIT.done
  } finally {
    await integration.close()
  }
}
