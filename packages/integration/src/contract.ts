// The contract between an integration of a site generator and sitedrive. docs/write-an-integration.md explains it.
import type { Finding, Outcome, ReportLine, SiteAddress, Sources } from '@sitedrive/core'
import type { BuildFailure } from '@sitedrive/core/preview'
import type { LivePreview, Viewers } from '@sitedrive/preview/live'

/** What only the generator knows. */
export interface Host {
  /** As people write it, such as `Hugo`. Each release names it. */
  name: string
  /** Read when something is published. */
  readonly version: string
  /** The production build, a line for the shell. The review page runs it where the project has no build command. */
  buildCommand: string
  /** Writes a line in the generator's own way. */
  write(line: ReportLine): void
  /** Writes the link of a new release, alone on its line. @default `write` */
  writeLink?(link: string): void
  /** Shows a step of a publish, over the step before; null when the publish has ended. @default shows none */
  writeProgress?(text: string | null): void
  /** Runs an action when the generator has written its own last line. @default runs it at once */
  afterLastLine?(action: () => void): void
  /** How to open the preview on another machine, for the greeting. @default the command with the link */
  describeLink?(link: string): string
  /** The last line of the preview's greeting, such as which command publishes. @default there is none */
  previewNote?: string
}

/** A build that ended well. */
export interface Build {
  /** The output folder, absolute. */
  dir: string
  /** Paths in the site that it wrote, such as `/index.html`; it may name some of them only. */
  wrote?: readonly string[]
  /** The source file of each output: path in the site → path from the project folder. */
  sources?: Sources
}

export interface PublishedBuild extends Build {
  /** It counts on outputs of earlier builds, so what it did not write is not left over. @default false */
  isIncremental?: boolean
  /** Whether the generator has told of a finding by itself. @default it has told of none */
  isTold?: (finding: Finding) => boolean
}

/** An open connection of a generator to one project. */
export interface Integration {
  /** The site's address, for templates. @param willPublish true: a project without a key gets one, which the next publish keeps */
  address: (willPublish: boolean) => Promise<SiteAddress>
  /** Publishes a build and says what came of it. @throws {SitedriveError} what kept it from being published; its `stack` is one line */
  publish: (build: PublishedBuild) => Promise<Outcome>
  /** From when on files count as written by the build that runs, milliseconds since 1970: the process's start or its last publish. */
  readonly startedAtMs: number
  preview: Preview
  /** Ends the preview and waits for a publish that runs. */
  close: () => Promise<void>
}

/** The live preview of a project. Calls return at once, and the first one opens it. With the option `preview: false` they do nothing. */
export interface Preview {
  building(): void
  /** Shows a build. Where `wrote` is given, only these files are compared, unless an update before was missed. */
  built(build: Build): void
  /** Shows why a build failed, over the last good one. */
  failed(failure: BuildFailure): void
  /** No build runs. */
  idle(): void
  /** Opens it, for those who cannot go on without it. @throws {SitedriveError} why it cannot be opened */
  open(): Promise<LivePreview>
  /** Calls back when the number of viewers changes. @returns stops it */
  onViewers(listener: (viewers: Viewers) => void): () => void
  close(): Promise<void>
}
