import path from 'node:path'
import type { ResolvedConfig } from 'vite'
import type { HostLogger } from './write-line.js'
import { sharedInProcess } from '@sitedrive/integration'

/** The parts of VitePress's own config that are used. */
interface VitePressSite {
  outDir: string
  site?: { base?: string }
  logger?: HostLogger
  /** Absolute. */
  srcDir?: string
  /** Of the pages' sources, relative to `srcDir`. */
  pages?: string[]
  /** What is written as if it lay elsewhere, by the source. */
  rewrites?: { map?: Record<string, string | undefined> }
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
      pages: pagesOf(built),
      logger: built.logger ?? config.logger
    })
  }
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
