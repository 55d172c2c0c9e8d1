import type { Logger } from 'vite'
import type { Verdict } from './build-run.js'
import { failureFrom } from './build-failure.js'
import type { Project } from './project.js'
import { ProjectPreview } from './project-preview.js'
import { remembered } from './process-memory.js'
import { say, sayOnce } from './say.js'

/** The builds of `vite build --watch`: each goes to the preview drive, none to the site drive. */
export class WatchedBuilds {
  private readonly logger: Logger
  private readonly preview: ProjectPreview

  constructor({ dir, root, options }: Project, logger: Logger) {
    this.logger = logger
    this.preview = ProjectPreview.of(dir, options, logger)
    hearErrors(logger, (error) => this.preview.failed(failureFrom(error, root)))
    void this.greet()
  }

  building(): void {
    this.preview.building()
  }

  /** Never throws: in a watching Vite that would end the process. */
  built(verdict: Verdict): void {
    if (verdict.kind === 'publish') this.preview.built(verdict.site.dir, verdict.site.sources)
    else if (verdict.kind === 'skip') {
      sayOnce(this.logger, {
        level: 'say',
        text: verdict.text.replace('Not published', 'Not shown in the live preview')
      })
    }
  }

  private async greet(): Promise<void> {
    const opened = await this.preview.whenOpen()
    const greeted = remembered('greeted', () => new WeakSet<ProjectPreview>())
    if (!opened || greeted.has(this.preview)) return
    greeted.add(this.preview)
    for (const text of [
      `Live preview: ${opened.url}`,
      `Review and publish: ${opened.reviewUrl}`,
      `From another machine: npx sitedrive preview '${opened.link}'`,
      'Builds of --watch are not published; `vite build` publishes.'
    ]) {
      say(this.logger, { level: 'say', text })
    }
  }
}

/** In a watching Vite no hook is told why a build failed in every case; the log is. */
function hearErrors(logger: Logger, onError: (error: unknown) => void): void {
  const log = logger.error.bind(logger)
  logger.error = (text, options) => {
    if (options?.error) onError(options.error)
    log(text, options)
  }
}
