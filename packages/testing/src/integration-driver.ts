import type { Command, Finished } from './run-command.js'

/** What the suite must know of a generator and its integration. All folders are absolute. */
export interface IntegrationDriver {
  /** Writes a project without pages into an empty folder, with the integration in it or without. */
  create(projectDir: string, options: { withIntegration: boolean }): void
  /** Makes or rewrites the source of one page, which becomes one file of the output and contains the text. */
  writePage(projectDir: string, name: string, text: string): void
  /** Takes a page away; where the generator never cleans its output, the page's old file as well. */
  deletePage(projectDir: string, name: string): void
  /** Makes builds fail from now on. */
  breakBuild(projectDir: string): void
  /** The production build. */
  build: Command
  outputDir(projectDir: string): string
  /** The lines of a build that the integration said. */
  linesOf(build: Finished): string[]
  /** Its watch mode. */
  watch?: WatchDriver
}

/** What the suite must know of a generator's watch mode, whose builds the integration shows as a live preview. */
export interface WatchDriver {
  command: Command
  /** What it prints at the end of each good build. */
  builtMark: string
  /** Where a page is in the output, and in the preview. */
  fileOf(name: string): string
  /** Undoes `breakBuild`. */
  mendBuild(projectDir: string): void
}
