import path from 'node:path'
import type { LogLevel, Logger, ResolvedConfig } from 'vite'
import { viteLogger, type HostLogger } from './write-line.js'
import { sharedInProcess } from '@sitedrive/integration'

/** The parts of VitePress's own config that are used. */
interface VitePressSite {
  outDir: string
  site?: { base?: string }
  logger?: Logger
  /** What the site's config gives to Vite; VitePress's own logger has the level of it. */
  vite?: { logLevel?: LogLevel }
  buildEnd?: (site: VitePressSite) => unknown
}

export interface VitePressOutput {
  dir: string
  base: string
  /** VitePress hides what Vite says of its builds. */
  logger: HostLogger
}

/**
 * Calls back when VitePress has written all that belongs to a site: it renders pages after both of its Vite builds.
 *
 * @param onEnd runs after the `buildEnd` of the site's own config; throwing fails the build
 */
export function onVitePressEnd(
  config: ResolvedConfig,
  onEnd: (output: VitePressOutput) => Promise<void>
): void {
  const { vitepress: site } = config as ResolvedConfig & { vitepress?: VitePressSite }
  const chained = sharedInProcess('VitePress sites', () => new WeakSet<object>())
  // Both builds have it: for browsers, and for rendering.
  if (!site || chained.has(site)) return
  chained.add(site)
  const { buildEnd } = site
  site.buildEnd = async (built) => {
    // guard: VitePress: the site’s own buildEnd comes first
    await buildEnd?.call(site, built)
    await onEnd({
      dir: path.resolve(built.outDir),
      base: built.site?.base ?? '/',
      logger: built.logger
        ? viteLogger(built.logger, built.vite?.logLevel)
        : viteLogger(config.logger, config.logLevel)
    })
  }
}
