import type { PluginOptions } from '@sitedrive/integration'

export interface SitedriveOptions extends PluginOptions {
  /** The folder of `sitedrive.json`. @default Vite's root, or the first folder above it that has one, or a `package.json` */
  projectDir?: string
  /** false: `vite` and `vite build --watch` have no live preview. @default true */
  preview?: boolean
}
