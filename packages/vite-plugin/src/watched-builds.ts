import type { Preview } from '@sitedrive/integration'
import type { Logger, ResolvedConfig } from 'vite'
import type { Verdict } from './build-run.js'
import { failureFrom } from './build-failure.js'
import type { SiteProject } from './site-project.js'
import { viteLogger, writeOnce, type HostLogger } from './write-line.js'

/** The builds of `vite build --watch`: each goes to the preview drive, none to the site drive. */
export class WatchedBuilds {
  private readonly logger: HostLogger
  private readonly preview: Preview

  constructor(project: SiteProject, config: ResolvedConfig) {
    this.logger = viteLogger(config)
    const previewNote = 'Builds of --watch are not published; `vite build` publishes.'
    this.preview = project.integration(this.logger, { previewNote }).preview
    onErrors(config.logger, (error) => this.preview.failed(failureFrom(error, project.dir)))
  }

  building(): void {
    this.preview.building()
  }

  /** Never throws: in a watching Vite that would end the process. */
  built(verdict: Verdict): void {
    if (verdict.kind === 'publish') this.preview.built(verdict.site)
    else if (verdict.kind === 'skip') {
      this.preview.idle()
      writeOnce(this.logger, {
        level: 'notice',
        text: verdict.text.replace('Not published', 'Not shown in the live preview')
      })
    }
  }
}

/** In a watching Vite no hook is told why a build failed in every case; the log is. */
function onErrors(logger: Logger, onError: (error: unknown) => void): void {
  const log = logger.error.bind(logger)
  logger.error = (text, options) => {
    if (options?.error) onError(options.error)
    log(text, options)
  }
}
