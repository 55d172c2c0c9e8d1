import path from 'node:path'
import type { Sources } from '@sitedrive/core'
import type { ResolvedConfig } from 'vite'

/** The parts of a resolved config, or of an environment's, that tell where pages come from. */
export type EntryConfig = Pick<ResolvedConfig, 'root' | 'build'>

/** HTML files that a build begins with. Vite writes each of them under the path that it has below the root. */
export class PageSources {
  private readonly config: EntryConfig
  /** Source by output, both absolute. */
  private readonly pages = new Map<string, string>()

  constructor(config: EntryConfig) {
    this.config = config
  }

  /** One output is on the disk. @param names of its files, relative to its folder */
  wrote(dir: string, names: readonly string[]): void {
    const entries = entriesOf(this.config)
    for (const name of names) {
      const source = path.resolve(this.config.root, name)
      if (entries.has(source)) this.pages.set(path.resolve(dir, name), source)
    }
  }

  /** The pages of a site, by their paths in the drive. @param projectDir what sources are relative to */
  of(siteDir: string, projectDir: string): Sources {
    const pages = [...this.pages].map(([page, source]) => [`/${relative(siteDir, page)}`, source] as const)
    return relativeSources(projectDir, pages)
  }
}

/** Sources as a publish takes them. @param pages absolute source by path in the drive */
export function relativeSources(
  projectDir: string,
  pages: Iterable<readonly [page: string, source: string]>
): Sources {
  return Object.fromEntries([...pages].map(([page, source]) => [page, relative(projectDir, source)]))
}

function entriesOf({ root, build }: EntryConfig): Set<string> {
  const { input = 'index.html' } = build.rolldownOptions ?? build.rollupOptions ?? {}
  const files = typeof input === 'string' ? [input] : Object.values(input)
  const pages = files.filter((file) => /\.html?$/i.test(file))
  // Vite looks for them below its root, and then where it was started.
  return new Set(pages.flatMap((file) => [path.resolve(root, file), path.resolve(file)]))
}

/** A relative path with slashes. */
export function relative(from: string, to: string): string {
  return path.relative(from, to).split(path.sep).join('/')
}
