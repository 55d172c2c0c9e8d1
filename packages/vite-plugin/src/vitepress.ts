import path from 'node:path'
import type { LogLevel, Logger, ResolvedConfig } from 'vite'
import { viteLogger, type HostLogger } from './write-line.js'
import { sharedInProcess } from '@sitedrive/integration'

/** The parts of VitePress's own config that are used. */
interface VitePressSite {
  outDir: string
  site?: { base?: string }
  /** Absolute. */
  srcDir?: string
  /** Of the pages' sources, relative to `srcDir`. */
  pages?: string[]
  /** What is written as if it lay elsewhere, by the source. */
  rewrites?: { map?: Record<string, string | undefined> }
  logger?: Logger
  /** What the site's config gives to Vite; VitePress's own logger has the level of it. */
  vite?: { logLevel?: LogLevel; customLogger?: Logger }
  buildEnd?: (site: VitePressSite) => unknown
}

export interface VitePressOutput {
  dir: string
  base: string
  /** The source of each page by its path in the drive, absolute. */
  pages: Map<string, string>
  /** VitePress hides what Vite says of its builds. */
  logger: HostLogger
}

type BuildEnd = NonNullable<VitePressSite['buildEnd']>

/**
 * Calls back when VitePress has written all that belongs to a site: it renders pages after both of its Vite builds. Other
 * plugins add to the site's `buildEnd` as well; whoever was called last comes last. Safe to call again.
 *
 * @param onEnd runs after the `buildEnd` of the site's own config; throwing fails the build
 */
export function onVitePressEnd(
  config: ResolvedConfig,
  onEnd: (output: VitePressOutput) => Promise<void>
): void {
  const { vitepress: site } = config as ResolvedConfig & { vitepress?: VitePressSite }
  const added = sharedInProcess('VitePress sites', () => new WeakMap<object, BuildEnd>())
  // Both builds have it: for browsers, and for rendering.
  if (!site || (added.has(site) && added.get(site) === site.buildEnd)) return
  const { buildEnd } = site
  const ours: BuildEnd = async (built) => {
    // guard: VitePress: the site’s own buildEnd comes first
    await buildEnd?.call(site, built)
    // guard: VitePress: what other plugins add to buildEnd comes first
    if (added.get(site) !== ours) return
    await onEnd({
      dir: path.resolve(built.outDir),
      base: built.site?.base ?? '/',
      pages: pagesOf(built),
      logger: viteLogger(built.logger ? { ...built.vite, logger: built.logger } : config)
    })
  }
  added.set(site, ours)
  site.buildEnd = ours
}

function pagesOf({ srcDir, pages = [], rewrites }: VitePressSite): Map<string, string> {
  if (srcDir === undefined) return new Map()
  return new Map(
    pages.map((page) => [
      `/${(rewrites?.map?.[page] ?? page).replace(/\.md$/, '.html')}`,
      path.resolve(srcDir, page)
    ])
  )
}
