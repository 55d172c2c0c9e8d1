import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { SiteAddress, SiteGenerator } from '@sitedrive/core'
import { knownAddress } from './address.js'
import type { SitedriveOptions } from './options.js'
import { projectDirOf } from './project-dir.js'
import { remembered } from './process-memory.js'
import type { HostLogger } from './say.js'
import type { BuiltSite, Site } from './site.js'

/** What the plugins of one config share. */
export class Project {
  readonly options: SitedriveOptions
  /** Vite's root, absolute. */
  root = process.cwd()
  private readonly generatorName: string
  private readonly packageName: string
  private version: string | null = null

  /** @param packageName where the version of what generates the site can be looked up */
  constructor(options: SitedriveOptions, generatorName = 'Vite', packageName = 'vite') {
    this.options = options
    this.generatorName = generatorName
    this.packageName = packageName
  }

  /** @param version the generator's, where it tells */
  locate(root: string | undefined, version: string | undefined): void {
    this.root = path.resolve(root ?? '.')
    this.version = version ?? null
  }

  /** The folder of `sitedrive.json`. */
  get dir(): string {
    return projectDirOf(this.root, this.options.projectDir)
  }

  /** From when on files count as written by the build that runs: whatever prepared it in this process wrote for it as well. */
  get startedAtMs(): number {
    return this.published.get(this.dir) ?? performance.timeOrigin
  }

  /** @param isMinting a project without an address is told the one that it will get */
  async address(isMinting: boolean): Promise<SiteAddress> {
    return isMinting ? (await this.site()).address() : knownAddress(this.dir)
  }

  async publish(built: BuiltSite, logger: HostLogger): Promise<void> {
    await (await this.site()).publish(built, logger)
    this.published.set(this.dir, Date.now())
  }

  private get published(): Map<string, number> {
    return remembered('published', () => new Map<string, number>())
  }

  private async site(): Promise<Site> {
    const { Site } = await import('./site.js')
    return Site.of(this.dir, this.options, this.generator())
  }

  private generator(): SiteGenerator {
    return {
      name: this.generatorName,
      version: this.version ?? installedVersion(this.packageName, this.root)
    }
  }
}

function installedVersion(name: string, root: string): string {
  try {
    const file = createRequire(path.join(root, 'package.json')).resolve(`${name}/package.json`)
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  } catch {
    return 'unknown'
  }
}
