import { statSync } from 'node:fs'
import path from 'node:path'
import { sharedInProcess, type Preview } from '@sitedrive/integration'
import { failureFrom, onErrors } from './build-errors.js'
import { write } from './eleventy-host.js'
import type { BuildEnd, BuildStart, EleventyConfig, EleventyLogger } from './eleventy.js'
import { sourcesOf, writtenPaths, type Copies } from './written-paths.js'

/** The builds of one project's `--serve` or `--watch`, as the live preview shows them. */
export class DevBuilds {
  private preview: Preview
  private logger: EleventyLogger
  private readonly projectDir: string
  /** The output folder of the Eleventy whose builds are shown; null while its config is read anew. */
  private dir: string | null = null
  private isBuilding = false
  private errors: string[] = []
  /** What each page was when it was last written: of those that are written again, most are the same. */
  private pages = new Map<string, unknown>()
  /** What each copied file was made of when it was last copied: each build copies all of them anew. */
  private copies = new Map<string, string>()
  private readonly warned = new Set<string>()

  /**
   * A build begins.
   *
   * @returns null when the preview shows the builds of another Eleventy in this process
   */
  static begin(
    projectDir: string,
    preview: Preview,
    build: BuildStart,
    { logger }: EleventyConfig
  ): DevBuilds | null {
    // Editing the config calls the plugin anew in the same process.
    const all = sharedInProcess('dev builds of Eleventy', () => new Map<string, DevBuilds>())
    const builds = all.get(projectDir) ?? new DevBuilds(projectDir, preview, logger)
    all.set(projectDir, builds)
    return builds.begin(preview, outputOf(build), logger) ? builds : null
  }

  private constructor(projectDir: string, preview: Preview, logger: EleventyLogger) {
    this.projectDir = projectDir
    this.preview = preview
    this.logger = logger
  }

  /** Something changed: errors from here on are those of a build, whether it gets as far as to begin or not. */
  expectBuild(): void {
    this.isBuilding = true
    this.errors = []
  }

  /** The config is about to be read anew; it may name another folder. */
  reset(): void {
    this.dir = null
    this.copies = new Map()
  }

  /** A build has ended well. Returns at once: what the preview does with it takes no time of Eleventy's. */
  built(build: BuildEnd, copied: Copies, { serverPassthroughCopyBehavior }: EleventyConfig): void {
    this.isBuilding = false
    if (build.runMode === 'serve' && serverPassthroughCopyBehavior === 'passthrough' && copied.size > 0) {
      this.warnOnce(
        'The live preview lacks the files that are copied: with `setServerPassthroughCopyBehavior("passthrough")` ' +
          'Eleventy serves them without writing them. Take that line out of the config to have them there.'
      )
    }
    this.preview.built({
      dir: outputOf(build),
      wrote: this.changedPaths(build, copied),
      sources: sourcesOf(build, this.projectDir)
    })
  }

  private begin(preview: Preview, dir: string, logger: EleventyLogger): boolean {
    if (this.dir !== null && this.dir !== dir) {
      this.warnOnce(
        `A project has one live preview, and this one shows \`${this.dir}\`, not \`${dir}\`. ` +
          'Where they are two projects, give each its own folder with the plugin’s option `projectDir`.'
      )
      return false
    }
    this.dir = dir
    this.preview = preview
    this.logger = logger
    onErrors(logger, (line) => this.failedWith(line))
    this.expectBuild()
    preview.building()
    return true
  }

  /** Pages with other content than before, and copies of files that have changed. */
  private changedPaths(build: BuildEnd, copied: Copies): string[] {
    const before = this.pages
    // Builds that write everything tell what there is: pages that are gone are forgotten.
    if (!build.incremental) this.pages = new Map()
    const changed = build.results.filter(({ outputPath, content }) => {
      const isSame = content !== undefined && before.get(outputPath) === content
      this.pages.set(outputPath, content)
      return !isSame
    })
    return writtenPaths({ ...build, results: changed }, this.changedCopies(copied))
  }

  private changedCopies(copied: Copies): string[] {
    return [...copied].flatMap(([url, source]) => {
      const stamp = stampOf(source)
      const isSame = stamp !== null && this.copies.get(url) === stamp
      if (stamp !== null) this.copies.set(url, stamp)
      return isSame ? [] : [url]
    })
  }

  /** The lines of one failure come one after the other, in the same turn. */
  private failedWith(line: string): void {
    // What goes wrong between two builds, such as a promise that nobody awaits, makes none of them a failed one.
    if (!this.isBuilding) return
    this.errors.push(line)
    if (this.errors.length > 1) return
    setImmediate(() => {
      const { errors } = this
      this.errors = []
      if (errors.length === 0) return // the next build has begun
      this.isBuilding = false
      this.preview.failed(failureFrom(errors))
    })
  }

  private warnOnce(text: string): void {
    if (this.warned.has(text)) return
    this.warned.add(text)
    write(this.logger, { level: 'warn', text })
  }
}

/** Another one for a file that was written since; null: there is no such file. */
function stampOf(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat ? [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join() : null
}

function outputOf({ directories }: BuildStart): string {
  return path.resolve(directories.output)
}
