// The contract between an integration of a site generator and sitedrive. docs/write-an-integration.md explains it.
import type { Finding, Outcome, ReportLine, SiteAddress, Sources } from '@sitedrive/core'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { LivePreview, Viewers } from '@sitedrive/preview/live'

/** The generator: its name, its command, and how it writes lines. */
export interface Host {
  /** The usual spelling, such as `Hugo`. It is stored in each release. */
  name: string
  /** Read at each publish. */
  readonly version: string
  /** The shell command of the production build. The review page runs it when the project has no build command. */
  buildCommand: string
  /** Writes a line in the format of the generator. When the generator is told to be quiet, write `notice` and `warn` to stderr. */
  write(line: ReportLine): void
  /** Writes an address of the site, without other text on its line, since people copy it: a `notice`. @default `write` */
  writeLink?(link: string): void
  /** Shows the current step of a publish in place of the step before; null when the publish has ended. @default no progress is shown */
  writeProgress?(text: string | null): void
  /** Runs an action after the generator has written its last line. @default runs it at once */
  afterLastLine?(action: () => void): void
  /** The text that says how to open the preview on another machine. @default the command with the link */
  describeLink?(link: string): string
  /** Whether the person has opened the dev server to the local network: the preview is then open to it, too, behind a token. @default false */
  readonly isOpenToLan?: boolean
  /** The last line when the preview opens, such as the command that publishes. @default none */
  previewNote?: string
}

/** A successful build. */
export interface Build {
  /** The output folder, absolute. */
  dir: string
  /** Paths in the site that the build wrote, such as `/index.html`. The list may be incomplete. */
  wrote?: readonly string[]
  /** The source file of each output: path in the site → path relative to the project folder. */
  sources?: Sources
}

export interface PublishedBuild extends Build {
  /**
   * Paths in the site whose names the generator made of their content, such as `/assets/app-BK3f9xQz.js`: browsers may keep these for
   * a year. Of others mirrors guess by the name. @default none
   */
  fingerprinted?: readonly string[]
  /** true: the build relies on outputs of earlier builds, so a file that it did not write is not a leftover. @default false */
  isIncremental?: boolean
  /** True for a finding that the generator has reported itself. @default none */
  isReported?: (finding: Finding) => boolean
}

/** An open connection of a generator to one project. */
export interface Integration {
  /** The site's address, for templates. @param willPublish true: a project without a key gets one, which the next publish keeps */
  address: (willPublish: boolean) => Promise<SiteAddress>
  /** Publishes a build, and writes the result with `Host.write`. @throws {SitedriveError} when it is not published; the `stack` is one line */
  publish: (build: PublishedBuild) => Promise<Outcome>
  /** Files that are newer than this time were written by the current build: the last publish, else the process's start. Milliseconds since 1970. */
  readonly startedAtMs: number
  preview: Preview
  /** Ends the preview and waits for a running publish. */
  close: () => Promise<void>
}

/**
 * The live preview of a project. `building`, `built`, `failed` and `idle` return at once: the first of them opens the preview.
 * With the option `preview: false` these four do nothing.
 */
export interface Preview {
  building(): void
  /** Shows a build. When `wrote` is given, only these files are compared, unless the update before failed. */
  built(build: Build): void
  /** Shows the error of a failed build, over the pages of the last good build. */
  failed(failure: BuildFailure): void
  /** Call it when no build is running any more, and there is nothing new to show. */
  idle(): void
  /** Opens the preview and waits for it. @throws {SitedriveError} when it cannot be opened */
  open(): Promise<LivePreview>
  /** Calls back when the number of viewers changes. @returns stops it */
  onViewers(listener: (viewers: Viewers) => void): () => void
  close(): Promise<void>
}
