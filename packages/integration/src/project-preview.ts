import { codeOf, messageOf } from '@sitedrive/core/start'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { LivePreview, Viewers } from '@sitedrive/preview/live'
import type { Build, Host, Preview } from './contract.js'
import type { IntegrationOptions } from './integration-options.js'
import { sharedInProcess } from './process-memory.js'

/** While another process has the preview, this one tries again to open it after this time. Milliseconds. */
const RETRY_MS = 3_000

/** The live preview of one project in this process. */
export class ProjectPreview implements Preview {
  private host: Host
  private options: IntegrationOptions
  private readonly port: number | undefined
  /** Resolves to null when the preview could not be opened, or has ended. */
  private opening: Promise<LivePreview | null> | null = null
  private failure: unknown = null
  /** When this process found that another one has the preview; null: no other process has it. */
  private foundElsewhereAt: number | null = null
  /** The folder that was compared completely: of later builds, only the files that they wrote must be compared. */
  private comparedDir: string | null = null
  private isBuilding = false
  private isClosed = false
  private readonly listeners = new Set<(viewers: Viewers) => void>()
  private readonly written = new Set<string>()
  private lastProblem = ''

  /** When a config is read again, or has several plugins, all get the same preview. The newest host writes its lines. */
  static of(host: Host, options: IntegrationOptions): ProjectPreview {
    const { projectDir, previewPort } = options
    const all = openPreviews()
    const preview = all.get(projectDir) ?? new ProjectPreview(host, options)
    all.set(projectDir, preview)
    preview.host = host
    if (previewPort !== preview.port) {
      preview.writeOnce(
        `The option \`previewPort\` has changed: it takes effect when ${host.name} is started again.`
      )
    }
    preview.options = options
    return preview
  }

  /** Ends the preview of a project, when there is one. */
  static async end(projectDir: string): Promise<void> {
    await openPreviews().get(projectDir)?.close()
  }

  private constructor(host: Host, options: IntegrationOptions) {
    this.host = host
    this.options = options
    this.port = options.previewPort
  }

  building(): void {
    this.isBuilding = true
    this.use((preview) => preview.building())
  }

  built({ dir, wrote, sources }: Build): void {
    this.isBuilding = false
    this.use(async (preview) => {
      this.writeAddresses(preview)
      const touched = this.comparedDir === dir ? wrote : undefined
      this.comparedDir = dir
      await preview.update(dir, touched, sources)
      this.lastProblem = ''
    }, 'The live preview does not show this build')
  }

  failed(failure: BuildFailure): void {
    this.isBuilding = false
    this.comparedDir = null // it is not known what the build wrote before it failed
    this.use((preview) => preview.failed(failure), 'The live preview does not show this failure')
  }

  idle(): void {
    this.isBuilding = false
    this.use((preview) => {
      this.writeAddresses(preview)
      preview.idle()
    })
  }

  async open(): Promise<LivePreview> {
    const preview = await (this.opening ??= this.start({ isAwaited: true }))
    if (preview) return preview
    throw this.failure
  }

  onViewers(listener: (viewers: Viewers) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.isClosed = true
    if (openPreviews().get(this.options.projectDir) === this) openPreviews().delete(this.options.projectDir)
    const preview = await this.opening
    await preview?.close()
  }

  /** @param problem the words before the error message when the action fails; without it, errors are not reported */
  private use(action: (preview: LivePreview) => unknown, problem?: string): void {
    if (this.isClosed) return
    this.openOrRetry()
      .then((preview) => preview && action(preview))
      .catch(async (error: unknown) => {
        this.comparedDir = null // the next build compares all files, so it finds the missed changes
        // `onEnded` has reported the end of the preview.
        if (problem === undefined || !(await this.opening) || this.isClosed) return
        const text = `${problem}: ${messageOf(error)}`
        if (text !== this.lastProblem) this.warn(text)
        this.lastProblem = text
      })
  }

  /** Opens the preview once. When another process had it then, tries again after a while. */
  private openOrRetry(): Promise<LivePreview | null> {
    const { foundElsewhereAt } = this
    if (foundElsewhereAt !== null && performance.now() - foundElsewhereAt >= RETRY_MS) this.opening = null
    this.opening ??= this.start({ isAwaited: false }).then((preview) => {
      if (!preview) this.writeOnce(`No live preview: ${messageOf(this.failure)}`, 'warn')
      return preview
    })
    return this.opening
  }

  /** @param isAwaited false: this process may end before the preview is open */
  private async start({ isAwaited }: { isAwaited: boolean }): Promise<LivePreview | null> {
    this.foundElsewhereAt = null
    this.comparedDir = null
    const { projectDir, buildCommand, buildScript, checks, env, newLink } = this.options
    try {
      const { startLivePreview } = await import('@sitedrive/preview/live/start')
      const preview = await startLivePreview({
        projectDir,
        port: this.port,
        build: { command: buildCommand, script: buildScript, fallback: this.host.buildCommand },
        checks,
        ...(env && { env }),
        ...(newLink && { newLink }),
        ...(this.host.isOpenToLan && { lan: true }),
        isAwaited,
        onProblem: (problem) => this.warn(`The live preview: ${problem.message}`),
        onEnded: (why) => this.onEnded(why),
        onViewers: (viewers) => this.setViewers(viewers)
      })
      // The lines must not be written in the middle of a build.
      if (!this.isBuilding) this.writeAddresses(preview)
      return preview
    } catch (error) {
      if (codeOf(error) === 'PREVIEW_RUNNING') this.foundElsewhereAt = performance.now()
      this.failure = error
      return null
    }
  }

  private onEnded(why: Error): void {
    this.opening = Promise.resolve(null)
    this.failure = why
    this.setViewers({ browsers: 0, peers: 0 })
    this.warn(`The live preview has ended: ${why.message} Start ${this.host.name} again to have it back.`)
  }

  private setViewers(viewers: Viewers): void {
    for (const listener of this.listeners) listener(viewers)
  }

  private writeAddresses({ url, reviewUrl, link }: LivePreview): void {
    const { host } = this
    this.writeOnce(`Live preview: ${url}`)
    this.writeOnce(`Review and publish: ${reviewUrl}`)
    this.writeOnce(host.describeLink?.(link) ?? `From another machine: npx sitedrive preview '${link}'`)
    if (host.previewNote !== undefined) this.writeOnce(host.previewNote)
  }

  private warn(text: string): void {
    this.host.write({ level: 'warn', text })
  }

  private writeOnce(text: string, level: 'notice' | 'warn' = 'notice'): void {
    if (this.written.has(text)) return
    this.written.add(text)
    this.host.write({ level, text })
  }
}

function openPreviews(): Map<string, ProjectPreview> {
  return sharedInProcess('live previews', () => new Map<string, ProjectPreview>())
}
