import type { Allowances } from '@sitedrive/core'
import type { PluginOptions } from './plugin-options.js'

/** How a project is published and previewed. The user sets `PluginOptions`, and the integration sets the other options. */
export interface IntegrationOptions extends PluginOptions {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** Cancels a running publish. */
  signal?: AbortSignal
  /** Reasons that do not stop a publish. @default the value of `SITEDRIVE_ALLOW` */
  allow?: Allowances
  /** true: publish although releases that were signed on this machine are missing here. @default false */
  acceptLoss?: boolean
  /** false: no questions are asked, even at a terminal. @default true */
  isInteractive?: boolean
  /** true: make a new preview link. The links before stop working. @default false */
  newLink?: boolean
  /** The `build` script of package.json is used only when it matches this regular expression. @default any script */
  buildScript?: string
}
