import { statSync } from 'node:fs'
import path from 'node:path'
import type { ResolvedConfig } from 'vite'
import { pagesFolderOf } from './frameworks.js'
import { isInside, linePublishing } from './output-dir.js'
import { fingerprintedIn, type Bundle, type NamePatterns } from './fingerprinted-names.js'
import { PageSources, relative } from './page-sources.js'
import type { BuiltSite } from './site-project.js'

/** What is to be done with what was built. */
export type Verdict =
  | { kind: 'publish'; site: BuiltSite }
  /** Nothing, for a reason that a person should hear. `isOdd`: they will have expected it to be published. */
  | { kind: 'skip'; text: string; isOdd: boolean }
  /** Nothing: there was no build, or it failed, which Vite tells. */
  | { kind: 'nothing' }

/** The parts of a resolved config, or of an environment's, that decide. */
export type RunConfig = Pick<ResolvedConfig, 'root' | 'base' | 'build' | 'plugins'> & {
  consumer?: 'client' | 'server'
}

/** The kernel's clock for files ticks every few milliseconds and may be that far behind ours. */
const TICK_MS = 50

/** How the build of one environment goes, as far as its hooks tell. */
export class BuildRun {
  readonly name: string
  private readonly config: RunConfig
  private startedAtMs: number
  private readonly dirs = new Set<string>()
  private readonly pages: PageSources
  /** Files whose names Vite made of their content, absolute. */
  private readonly fingerprinted = new Set<string>()
  private writes = 0
  private hasPage = false
  private isUnwritten = false
  isClosed = false

  /** @param startedAtMs from when on files count as this build's */
  constructor(name: string, config: RunConfig, startedAtMs: number) {
    this.name = name
    this.config = config
    this.pages = new PageSources(config)
    this.startedAtMs = startedAtMs
  }

  /** `generateBundle`: false where `build.write` is. */
  generated(isWrite: boolean): void {
    this.isUnwritten ||= !isWrite
  }

  /** `writeBundle`: one output is on the disk. */
  wrote(dir: string, options: NamePatterns, bundle: Bundle): void {
    const names = Object.keys(bundle)
    this.writes++
    for (const name of fingerprintedIn(options, bundle)) this.fingerprinted.add(path.resolve(dir, name))
    this.dirs.add(path.resolve(dir))
    this.pages.wrote(dir, names)
    this.hasPage ||= names.some((name) => /\.html?$/i.test(name))
  }

  /** `closeBundle`: it comes after failures as well, and often without an error. */
  closed(): void {
    this.isClosed = true
  }

  /** Whether every output was written: of a build that fails, wherever that is, one is missing. */
  get isComplete(): boolean {
    const isWhole = this.isUnwritten || this.writes >= outputsOf(this.config)
    // guard: a build is whole when every output is written
    return this.isClosed && isWhole
  }

  get isForBrowsers(): boolean {
    const { build, consumer } = this.config
    return consumer !== 'server' && !build.ssr && !build.lib
  }

  /** @param projectDir the folder whose `package.json` is spoken of, and that sources are relative to */
  verdict(projectDir: string): Verdict {
    if (!this.isComplete) return { kind: 'nothing' }
    const { build, base } = this.config
    // guard: a build that writes nothing is not published
    if (this.isUnwritten) return skip('Not published: this build wrote no file.')
    // guard: a library is no site
    if (build.lib) return skip('Not published: this is a build of a library (`build.lib`), not of a site.')
    // guard: a build for a server is no site
    if (!this.isForBrowsers) return skip('Not published: this is a build for a server (SSR), not of a site.')
    const dir = this.siteDir()
    if (dir === null) {
      const dirs = [...this.dirs].map((each) => `\`${each}\``).join(', ')
      return odd(
        `Not published: the outputs of this build lie apart, in ${dirs}; a site is one folder. `,
        null
      )
    }
    const pagesDir = pagesFolderOf(this.config)
    if (build.ssrManifest) {
      return odd(
        'Not published: this build is for a server that comes after it (`build.ssrManifest`). ',
        pagesDir
      )
    }
    if (!this.hasPage && !isFresh(path.join(dir, 'index.html'), this.startedAtMs)) {
      return odd('Not published: this build wrote no page. Whatever writes the pages comes later. ', pagesDir)
    }
    const sources = this.pages.of(dir, projectDir)
    const fingerprinted = [...this.fingerprinted].map((file) => `/${relative(dir, file)}`)
    return { kind: 'publish', site: { dir, base, sources, fingerprinted } }
  }

  /** One folder that all outputs lie in: the only one, or `build.outDir`. */
  private siteDir(): string | null {
    const [only, ...others] = this.dirs
    if (only !== undefined && others.length === 0) return only
    const outDir = path.resolve(this.config.root, this.config.build.outDir)
    return [...this.dirs].every((dir) => isInside(dir, outDir)) ? outDir : null
  }
}

/** What is to be done with what the builds of all environments made; the pages come from one. */
export function judge(runs: readonly BuildRun[], projectDir: string): Verdict {
  const complete = runs.filter((run) => run.isComplete)
  const pages = complete.filter((run) => run.isForBrowsers)
  const run = pages.find(({ name }) => name === 'client') ?? pages[0] ?? complete[0]
  return run?.verdict(projectDir) ?? { kind: 'nothing' }
}

// Each is written by itself, one after the other; `closeBundle` comes after the first that fails.
function outputsOf({ build }: RunConfig): number {
  const { output } = build.rolldownOptions ?? build.rollupOptions ?? {}
  return Array.isArray(output) ? output.length : 1
}

function isFresh(file: string, sinceMs: number): boolean {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats !== undefined && stats.ctimeMs >= sinceMs - TICK_MS
}

function skip(text: string): Verdict {
  return { kind: 'skip', text, isOdd: false }
}

function odd(why: string, dir: string | null): Verdict {
  return { kind: 'skip', text: why + linePublishing(dir), isOdd: true }
}
