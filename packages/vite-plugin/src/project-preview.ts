import type { Sources } from '@sitedrive/core'
import { messageOf } from '@sitedrive/core/plugin'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { LivePreview } from '@sitedrive/preview/live'
import type { SitedriveOptions } from './options.js'
import { remembered } from './process-memory.js'
import { say, type HostLogger } from './say.js'

export type { LivePreview }

/** Of the plugin's options, what a preview is opened with. */
export type PreviewChoices = Pick<SitedriveOptions, 'previewPort' | 'buildCommand' | 'checks'>

/** The live preview of one project, from the first build or the dev server's start until the process ends. */
export class ProjectPreview {
  private logger: HostLogger
  private readonly projectDir: string
  private opening: Promise<LivePreview | null>
  private readonly listeners = new Set<() => void>()
  private watching = 0
  private current: LivePreview | null = null

  /** The preview of a project in this process; opened when there is none. An edited config, or `r + enter`, finds it again. */
  static of(projectDir: string, options: PreviewChoices, logger: HostLogger): ProjectPreview {
    const all = openPreviews()
    const preview = all.get(projectDir) ?? new ProjectPreview(projectDir, options, logger)
    all.set(projectDir, preview)
    preview.logger = logger
    return preview
  }

  private constructor(projectDir: string, options: PreviewChoices, logger: HostLogger) {
    this.projectDir = projectDir
    this.logger = logger
    this.opening = this.open(options)
  }

  /** null until it is open, and where it cannot be. */
  get opened(): LivePreview | null {
    return this.current
  }

  /** Whether a browser or a peer looks at it. */
  get isWatched(): boolean {
    return this.watching > 0
  }

  /** Calls back when somebody begins to look, or nobody does any more. @returns stops it */
  onWatched(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  whenOpen(): Promise<LivePreview | null> {
    return this.opening
  }

  /** Nobody needs it any more. */
  async close(): Promise<void> {
    openPreviews().delete(this.projectDir)
    const preview = await this.opening
    await preview?.close()
  }

  /** A build begins. */
  building(): void {
    void this.opening.then((preview) => preview?.building())
  }

  /** A build has ended well. Returns at once: what the preview does with it takes no time of the build's. */
  built(dir: string, sources?: Sources): void {
    this.tell((preview) => preview.update(dir, undefined, sources))
  }

  /** A build has failed. */
  failed(failure: BuildFailure): void {
    this.tell((preview) => preview.failed(failure))
  }

  private tell(deed: (preview: LivePreview) => Promise<unknown>): void {
    void this.opening
      .then((preview) => preview && deed(preview))
      .catch((error: unknown) => {
        // That it has ended is said already.
        if (this.current) this.warn(`The live preview does not show this build: ${messageOf(error)}`)
      })
  }

  private setWatching(count: number): void {
    this.watching = count
    for (const listener of this.listeners) listener()
  }

  private async open({ previewPort, buildCommand, checks }: PreviewChoices): Promise<LivePreview | null> {
    try {
      const { startLivePreview } = await import('@sitedrive/preview/live/start')
      this.current = await startLivePreview({
        projectDir: this.projectDir,
        port: previewPort,
        build: { command: buildCommand, fallback: 'npx vite build' },
        checks,
        isAwaited: false,
        onEnded: (why) => {
          this.opening = Promise.resolve(null)
          this.current = null
          this.setWatching(0)
          this.warn(`The live preview has ended: ${why.message} Start Vite again to have it back.`)
        },
        onProblem: (problem) => this.warn(`The live preview: ${problem.message}`),
        onViewers: ({ browsers, peers }) => this.setWatching(browsers + peers)
      })
      return this.current
    } catch (error) {
      this.warn(`No live preview: ${messageOf(error)}`)
      return null
    }
  }

  private warn(text: string): void {
    say(this.logger, { level: 'warn', text })
  }
}

function openPreviews(): Map<string, ProjectPreview> {
  return remembered('live previews', () => new Map<string, ProjectPreview>())
}
