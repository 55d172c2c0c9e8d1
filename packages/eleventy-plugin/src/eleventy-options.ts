import type { PluginOptions } from '@sitedrive/integration'

export interface SitedriveOptions extends PluginOptions {
  /** The folder of `sitedrive.json`. @default the folder that Eleventy runs in */
  projectDir?: string
  /** false: `--serve` and `--watch` have no live preview. @default true */
  preview?: boolean
}
