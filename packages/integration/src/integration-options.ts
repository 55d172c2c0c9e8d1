import type { Allowances } from '@sitedrive/core'
import type { PluginOptions } from './plugin-options.js'

/** How a project is published and previewed. Those of `PluginOptions` come from the user, the others from the integration. */
export interface IntegrationOptions extends PluginOptions {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** Ends a publish that runs. */
  signal?: AbortSignal
  /** What a refused publish may do all the same. @default what `SITEDRIVE_ALLOW` says */
  allow?: Allowances
  /** Go on although releases that were signed on this machine are not here. @default false */
  acceptLoss?: boolean
  /** false: nobody is asked a question, even at a terminal. @default true */
  isInteractive?: boolean
  /** Make another preview link, which ends the ones before. @default false */
  newLink?: boolean
  /** The `build` script of package.json counts only when it matches this regular expression. @default any does */
  buildScript?: string
}
