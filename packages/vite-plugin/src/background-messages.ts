import type { Sources } from '@sitedrive/core'
import type { BuildFailure } from '@sitedrive/core/preview'

/** What is to be built, for the live preview of a dev server. */
export interface BackgroundBuild {
  /** The folder to build to, absolute. It is emptied. */
  outDir: string
  root: string
  configFile: string
  mode: string
  /** What sources are relative to. */
  projectDir: string
}

/** What the process says to it. null: it has ended well. */
export interface BackgroundResult {
  failure: BuildFailure | null
  /** What pages were made of, as far as it is known. */
  sources: Sources
}
