import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { SiteAddress, Sources } from '@sitedrive/core'
import { openIntegration, type Host, type Integration } from '@sitedrive/integration'
import { describeBase } from './base.js'
import { projectDirOf } from './project-dir.js'
import type { SitedriveOptions } from './vite-options.js'
import { writeLine, writeLink, type HostLogger } from './write-line.js'

/** What is published. */
export interface BuiltSite {
  /** Absolute. */
  dir: string
  /** What the build's own links begin with. */
  base: string
  /** What pages were made of, as far as it is known. */
  sources?: Sources
  /** Paths in the site whose names were made of their content, as far as it is known. */
  fingerprinted?: readonly string[]
}

const SILENT: HostLogger = { info: () => {}, warn: () => {} }

/** What the plugins of one config share. */
export class SiteProject {
  readonly options: SitedriveOptions
  /** Vite's root, absolute. */
  root = process.cwd()
  private generatorName: string
  private packageName: string
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

  /** What builds with Vite is named as the generator in its place. @param packageName where its version can be looked up */
  generatedBy(generatorName: string, packageName: string): void {
    this.generatorName = generatorName
    this.packageName = packageName
    this.version = null
  }

  /** The version of what generates the site; `unknown` when it cannot be found. */
  get generatorVersion(): string {
    return this.version ?? installedVersion(this.packageName, this.root)
  }

  /** The folder of `sitedrive.json`. */
  get dir(): string {
    return projectDirOf(this.root, this.options.projectDir)
  }

  /** From when on files count as written by the build that runs, milliseconds since 1970. */
  get startedAtMs(): number {
    return this.integration(SILENT).startedAtMs
  }

  /** @param willPublish a project without a key is told the address that it will get */
  address(willPublish: boolean): Promise<SiteAddress> {
    return this.integration(SILENT).address(willPublish)
  }

  async publish({ base, ...build }: BuiltSite, logger: HostLogger): Promise<void> {
    const problem = describeBase(base)
    if (problem !== null) writeLine(logger, { level: 'warn', text: problem })
    await this.integration(logger).publish({
      ...build,
      isReported: ({ check }) => problem !== null && check === 'base-url'
    })
  }

  /** @param extra what the greeting of a preview says besides */
  integration(logger: HostLogger, extra: Partial<Host> = {}): Integration {
    const versionOf = () => this.generatorVersion
    const host: Host = {
      name: this.generatorName,
      get version() {
        return versionOf()
      },
      buildCommand: 'npx vite build',
      write: (line) => writeLine(logger, line),
      writeLink: (link) => writeLink(logger, link),
      ...extra
    }
    return openIntegration(host, { ...this.options, projectDir: this.dir })
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
