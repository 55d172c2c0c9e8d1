import { cpSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment } from './clean-environment.js'
import { readFolder, type Contents } from './folder-files.js'
import type { IntegrationDriver, WatchDriver } from './integration-driver.js'
import { readProjectSite, type PublishedSite } from './published-site.js'
import {
  runCommand,
  runToSuccess,
  startCommand,
  type Finished,
  type Running,
  type RunOptions
} from './run-command.js'
import { temporaryFolder } from './temporary-folder.js'

/** What the pages of each such project say at first, by their names. */
const PAGES = { one: 'First page', two: 'Second page', three: 'Third page' }

/** A project in a temporary folder, and a data directory that its builds use. */
export class BuiltSite {
  readonly dir: string
  readonly home: string
  private readonly driver: IntegrationDriver
  private readonly env: Record<string, string>

  constructor(
    driver: IntegrationDriver,
    options: { withIntegration?: boolean; home?: string; env?: Record<string, string> } = {}
  ) {
    this.driver = driver
    this.dir = temporaryFolder()
    this.home = options.home ?? temporaryFolder()
    // A port where nobody is: no test speaks to the public network.
    this.env = { SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...options.env }
    driver.create(this.dir, { withIntegration: options.withIntegration ?? true })
    for (const [name, text] of Object.entries(PAGES)) driver.writePage(this.dir, name, text)
  }

  /** What somebody else gets who clones the project: its sources with `sitedrive.json`. */
  copy(options: { home: string; env?: Record<string, string> }): BuiltSite {
    const copy = new BuiltSite(this.driver, options)
    cpSync(path.join(this.dir, 'sitedrive.json'), path.join(copy.dir, 'sitedrive.json'))
    return copy
  }

  start(): Running {
    return startCommand(this.driver.build, this.options())
  }

  watch({ command }: WatchDriver): Running {
    return startCommand(command, { ...this.options(), deadlineMs: 170_000 })
  }

  /** A build that must end by itself, with exit code 0. */
  build(): Promise<Finished> {
    return runToSuccess(this.driver.build, this.options())
  }

  /** A build that may fail. */
  tryBuild(): Promise<Finished> {
    return runCommand(this.driver.build, this.options())
  }

  output(): Contents {
    return readFolder(this.driver.outputDir(this.dir))
  }

  async published(): Promise<PublishedSite> {
    const site = await readProjectSite(this.home, this.dir)
    if (!site) throw new Error(`nothing was published from ${this.dir}`)
    return site
  }

  private options(): RunOptions {
    return { cwd: this.dir, env: cleanEnvironment(this.env) }
  }
}
