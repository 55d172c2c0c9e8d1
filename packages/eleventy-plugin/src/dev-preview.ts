import path from 'node:path'
import { codeOf, messageOf } from './error-parts.js'
import { failureFrom, hearErrors } from './build-errors.js'
import type { BuildEnd, EleventyLogger } from './eleventy.js'
import { say } from './say.js'
import { writtenPaths } from './written-paths.js'

type LivePreview = Awaited<ReturnType<(typeof import('@sitedrive/peer/live'))['startLivePreview']>>

/** Editing the config calls the plugin anew in the same process, and may import it anew: only the process remembers. */
const OPEN = Symbol.for('@sitedrive/eleventy-plugin: live previews')

/** The live preview of one project, from the first build of `--serve` or `--watch` until the process ends. */
export class DevPreview {
  private logger: EleventyLogger
  private readonly projectDir: string
  private readonly opening: Promise<LivePreview | null>
  private errors: string[] = []
  /** What each page was when it was last written: of those that are written again, most are the same. */
  private pages = new Map<string, unknown>()
  private isKnown = false
  private hasSaid = false

  /** The preview of a project in this process; opened when there is none. */
  static of(projectDir: string, port: number | undefined, logger: EleventyLogger): DevPreview {
    const all = ((globalThis as { [OPEN]?: Map<string, DevPreview> })[OPEN] ??= new Map())
    const preview = all.get(projectDir) ?? new DevPreview(projectDir, port, logger)
    all.set(projectDir, preview)
    preview.logger = logger
    hearErrors(logger, (line) => preview.hear(line))
    return preview
  }

  private constructor(projectDir: string, port: number | undefined, logger: EleventyLogger) {
    this.projectDir = projectDir
    this.logger = logger
    this.opening = this.open(port)
  }

  /** A build begins. */
  building(): void {
    this.errors = []
    void this.opening.then((preview) => preview?.building())
  }

  /** A build has ended well. Returns at once: what the preview does with it takes no time of Eleventy's. */
  built(build: BuildEnd, copied: readonly string[]): void {
    const dir = path.resolve(build.directories.output)
    const touched = this.touchedBy(build, copied)
    const isFirst = !this.isKnown
    this.isKnown = true
    void this.opening.then(async (preview) => {
      if (!preview) return
      this.greet(preview)
      try {
        await preview.update(dir, isFirst ? undefined : touched)
      } catch (error) {
        this.warn(`The live preview does not show this build: ${messageOf(error)}`)
      }
    })
  }

  /** Pages with other content than before, and everything that was copied. */
  private touchedBy(build: BuildEnd, copied: readonly string[]): string[] {
    const changed = build.results.filter(({ outputPath, content }) => {
      const isSame = content !== undefined && this.pages.get(outputPath) === content
      this.pages.set(outputPath, content)
      return !isSame
    })
    return writtenPaths({ ...build, results: changed }, copied)
  }

  /** The lines of one failure come one after the other, in the same turn. */
  private hear(line: string): void {
    this.errors.push(line)
    if (this.errors.length > 1) return
    setImmediate(() => {
      const { errors } = this
      this.errors = []
      void this.opening
        .then((preview) => preview?.failed(failureFrom(errors)))
        .catch((error: unknown) => this.warn(messageOf(error)))
    })
  }

  private async open(port: number | undefined): Promise<LivePreview | null> {
    try {
      const { startLivePreview } = await import('@sitedrive/peer/live')
      return await startLivePreview({
        projectDir: this.projectDir,
        port,
        onProblem: (problem) => this.warn(`The live preview: ${problem.message}`)
      })
    } catch (error) {
      if (codeOf(error) !== 'PREVIEW_RUNNING') {
        this.warn(`No live preview: ${messageOf(error)}`)
        return null
      }
      const { notedAddress } = await import('@sitedrive/core/preview')
      const address = notedAddress(process.env, this.projectDir)
      this.warn(`${messageOf(error)}${address === null ? '' : ` It is at ${address}`}`)
      return null
    }
  }

  private greet({ url, link }: LivePreview): void {
    if (this.hasSaid) return
    this.hasSaid = true
    say(this.logger, { level: 'say', text: `Live preview: ${url}` })
    say(this.logger, { level: 'say', text: `From another machine: npx sitedrive preview '${link}'` })
    say(this.logger, {
      level: 'say',
      text: 'Builds of --watch and --serve are not published; `npx @11ty/eleventy` publishes.'
    })
  }

  private warn(text: string): void {
    say(this.logger, { level: 'warn', text })
  }
}
