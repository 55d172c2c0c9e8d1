import path from 'node:path'
import { codeOf, messageOf } from '@sitedrive/core/plugin'
import { failureFrom, hearErrors } from './build-errors.js'
import type { BuildEnd, BuildStart, EleventyConfig, EleventyLogger } from './eleventy.js'
import type { SitedriveOptions } from './options.js'
import { ownBuild } from './own-build.js'
import { say } from './say.js'
import { sourcesOf, writtenPaths } from './written-paths.js'

type Live = typeof import('@sitedrive/preview/live')
type LivePreview = Awaited<ReturnType<Live['startLivePreview']>>

/** Of the plugin's options, what a preview is opened with. */
type PreviewChoices = Pick<SitedriveOptions, 'previewPort' | 'buildCommand' | 'checks'>

/** How long builds of a process that lacks the preview leave it to the one that has it. Milliseconds. */
const TURN_MS = 3_000

/** Editing the config calls the plugin anew in the same process, and may import it anew: only the process remembers. */
const OPEN = Symbol.for('@sitedrive/eleventy-plugin: live previews')

/** The live preview of one project, from the first build of `--serve` or `--watch` until the process ends. */
export class DevPreview {
  private logger: EleventyLogger
  private readonly projectDir: string
  private readonly port: number | undefined
  private readonly choices: PreviewChoices
  /** null when there is none: it could not be opened, or has ended. */
  private opening: Promise<LivePreview | null>
  /** When another process was found to have the preview; null: it is not so. */
  private foundElsewhereAt: number | null = null
  /** The output folder of the Eleventy whose builds are shown; null while its config is read anew. */
  private dir: string | null = null
  /** The folder that was handed over whole, so that of later builds only what they changed has to be named. */
  private knownDir: string | null = null
  private isBuilding = false
  private errors: string[] = []
  /** What each page was when it was last written: of those that are written again, most are the same. */
  private pages = new Map<string, unknown>()
  private readonly said = new Set<string>()

  /**
   * A build begins: tells the project's preview in this process, which is opened when there is none.
   *
   * @returns null when the preview shows the builds of another Eleventy in this process
   */
  static begin(
    projectDir: string,
    options: PreviewChoices,
    build: BuildStart,
    { logger }: EleventyConfig
  ): DevPreview | null {
    const preview = openPreviews().get(projectDir) ?? new DevPreview(projectDir, options, logger)
    openPreviews().set(projectDir, preview)
    return preview.begin(options.previewPort, outputOf(build), logger) ? preview : null
  }

  /** Ends the preview of a project whose config wants none any more. */
  static end(projectDir: string, build: BuildStart): void {
    const preview = openPreviews().get(projectDir)
    if (!preview?.isOf(outputOf(build))) return
    openPreviews().delete(projectDir)
    void preview.opening.then((open) => open?.close())
  }

  private constructor(projectDir: string, choices: PreviewChoices, logger: EleventyLogger) {
    this.projectDir = projectDir
    this.port = choices.previewPort
    this.choices = choices
    this.logger = logger
    this.opening = this.open(choices.previewPort)
  }

  /** Something changed: errors from here on are those of a build, whether it gets as far as to begin or not. */
  expectBuild(): void {
    this.isBuilding = true
    this.errors = []
  }

  /** The config is about to be read anew; it may name another folder. */
  reset(): void {
    this.dir = null
  }

  /** A build has ended well. Returns at once: what the preview does with it takes no time of Eleventy's. */
  built(build: BuildEnd, copied: readonly string[], { serverPassthroughCopyBehavior }: EleventyConfig): void {
    this.isBuilding = false
    if (build.runMode === 'serve' && serverPassthroughCopyBehavior === 'passthrough' && copied.length > 0) {
      this.sayOnce(
        'The live preview lacks the files that are copied: with `setServerPassthroughCopyBehavior("passthrough")` ' +
          'Eleventy serves them without writing them. Take that line out of the config to have them there.',
        'warn'
      )
    }
    const dir = outputOf(build)
    const touched = this.touchedBy(build, copied)
    const sources = sourcesOf(build, this.projectDir)
    const isKnown = this.knownDir === dir
    this.knownDir = dir
    void this.opening.then(async (preview) => {
      if (!preview) return
      this.greet(preview)
      try {
        await preview.update(dir, isKnown ? touched : undefined, sources)
      } catch (error) {
        this.knownDir = null // what was missed is found when all is compared
        await this.warnOf('The live preview does not show this build', error)
      }
    })
  }

  private begin(port: number | undefined, dir: string, logger: EleventyLogger): boolean {
    if (!this.isOf(dir)) {
      this.sayOnce(
        `A project has one live preview, and this one shows \`${this.dir}\`, not \`${dir}\`. ` +
          'Where they are two projects, give each its own folder with the plugin’s option `projectDir`.',
        'warn'
      )
      return false
    }
    this.dir = dir
    this.logger = logger
    hearErrors(logger, (line) => this.hear(line))
    if (port !== this.port) {
      this.sayOnce('The option `previewPort` has changed: it takes effect when Eleventy is started again.')
    }
    this.expectBuild()
    this.openInTurn()
    void this.opening.then((preview) => preview?.building())
    return true
  }

  /** The process that had the preview may have ended since. */
  private openInTurn(): void {
    if (this.foundElsewhereAt === null || performance.now() - this.foundElsewhereAt < TURN_MS) return
    this.foundElsewhereAt = null
    this.knownDir = null
    this.opening = this.open(this.choices.previewPort)
  }

  private isOf(dir: string): boolean {
    return this.dir === null || this.dir === dir
  }

  /** Pages with other content than before, and everything that was copied. */
  private touchedBy(build: BuildEnd, copied: readonly string[]): string[] {
    const before = this.pages
    // Builds that write everything tell what there is: pages that are gone are forgotten.
    if (!build.incremental) this.pages = new Map()
    const changed = build.results.filter(({ outputPath, content }) => {
      const isSame = content !== undefined && before.get(outputPath) === content
      this.pages.set(outputPath, content)
      return !isSame
    })
    return writtenPaths({ ...build, results: changed }, copied)
  }

  /** The lines of one failure come one after the other, in the same turn. */
  private hear(line: string): void {
    // What goes wrong between two builds, such as a promise that nobody awaits, makes none of them a failed one.
    if (!this.isBuilding) return
    this.errors.push(line)
    if (this.errors.length > 1) return
    setImmediate(() => {
      const { errors } = this
      this.errors = []
      if (errors.length === 0) return // the next build has begun
      this.isBuilding = false
      void this.opening
        .then((preview) => preview?.failed(failureFrom(errors)))
        .catch((error: unknown) => this.warnOf('The live preview does not tell of this failure', error))
    })
  }

  private async open(port: number | undefined): Promise<LivePreview | null> {
    try {
      const { startLivePreview } = await import('@sitedrive/preview/live/start')
      return await startLivePreview({
        projectDir: this.projectDir,
        port,
        build: { command: this.choices.buildCommand, fallback: ownBuild(process.argv.slice(2)) },
        checks: this.choices.checks,
        isAwaited: false,
        onProblem: (problem) => this.warn(`The live preview: ${problem.message}`),
        onEnded: (why) => {
          this.opening = Promise.resolve(null)
          this.warn(`The live preview has ended: ${why.message} Start Eleventy again to have it back.`)
        }
      })
    } catch (error) {
      if (codeOf(error) === 'PREVIEW_RUNNING') this.foundElsewhereAt = performance.now()
      this.sayOnce(`No live preview: ${messageOf(error)}`, 'warn')
      return null
    }
  }

  private greet({ url, reviewUrl, link }: LivePreview): void {
    this.sayOnce(`Live preview: ${url}`)
    this.sayOnce(`Review and publish: ${reviewUrl}`)
    this.sayOnce(`From another machine: npx sitedrive preview '${link}'`)
    this.sayOnce('Builds of --watch and --serve are not published; `npx @11ty/eleventy` publishes.')
  }

  private async warnOf(what: string, error: unknown): Promise<void> {
    // That it has ended is said already.
    if (await this.opening) this.warn(`${what}: ${messageOf(error)}`)
  }

  private warn(text: string): void {
    say(this.logger, { level: 'warn', text })
  }

  private sayOnce(text: string, level: 'say' | 'warn' = 'say'): void {
    if (this.said.has(text)) return
    this.said.add(text)
    say(this.logger, { level, text })
  }
}

function openPreviews(): Map<string, DevPreview> {
  return ((globalThis as { [OPEN]?: Map<string, DevPreview> })[OPEN] ??= new Map())
}

function outputOf({ directories }: BuildStart): string {
  return path.resolve(directories.output)
}
