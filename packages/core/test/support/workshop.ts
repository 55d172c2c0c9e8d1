import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { RECORD_PATH } from '../../src/holepunch/reserved-paths.js'
import { isReserved } from '../../src/holepunch/reserved-paths.js'
import { openSiteReader } from '../../src/holepunch/site-store.js'
import { createPublisher } from '../../src/publish/publisher.js'
import type { Publisher, PublisherOptions } from '../../src/publish/publisher-contract.js'
import type { UplinkOf } from '../../src/publish/resolve-options.js'
import { readProject } from '../../src/project/project-file.js'
import { sitePaths, type SitePaths } from '../../src/machine/data-dir.js'
import { parseKey } from '../../src/holepunch/site-key.js'
import type { Published } from '../../src/outcome/outcome.js'

/** A temporary folder that is gone after the test. */
export function tempDir(): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export type Files = Record<string, string | Uint8Array>

/** One project on one machine: its folder, its output dir and its data directory. */
export class Workshop {
  readonly root = tempDir()
  readonly projectDir = path.join(this.root, 'project')
  readonly dir = path.join(this.projectDir, '_site')
  readonly home: string
  readonly env: NodeJS.ProcessEnv

  constructor(files: Files = {}, home?: string) {
    this.home = home ?? path.join(this.root, 'home')
    this.env = { SITEDRIVE_HOME: this.home }
    mkdirSync(this.dir, { recursive: true })
    this.write(files)
  }

  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.dir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }

  remove(...names: string[]): void {
    for (const name of names) rmSync(path.join(this.dir, name), { recursive: true })
  }

  publisher(options: Partial<PublisherOptions> = {}, uplinkOf?: UplinkOf): Publisher {
    return createPublisher({ projectDir: this.projectDir, env: this.env, ...options }, uplinkOf)
  }

  /** Publishes the output dir and expects a new release. */
  async publish(options: Partial<PublisherOptions> = {}): Promise<Published> {
    const outcome = await this.publisher(options).publish(this.dir)
    if (outcome.status !== 'published') throw new Error(`expected a release, got ${JSON.stringify(outcome)}`)
    return outcome
  }

  get key(): string {
    const project = readProject(this.projectDir, parseKey)
    if (!project) throw new Error('the project has no key yet')
    return project.key
  }

  get paths(): SitePaths {
    return sitePaths(this.home, this.key)
  }

  /** What readers get: every file of the newest release, or of the drive at a version. */
  async published(version?: number): Promise<Record<string, string>> {
    const site = await openSiteReader(this.paths.store, this.key)
    try {
      const drive = version === undefined ? site : site.at(version)
      const files: Record<string, string> = {}
      for await (const { path, blob } of drive.entries()) {
        if (blob && !isReserved(path)) files[path.slice(1)] = (await drive.read(blob)).toString('latin1')
      }
      if (version !== undefined) await drive.close()
      return files
    } finally {
      await site.close()
    }
  }

  /** What lies in the output dir, in the same form. */
  onDisk(): Record<string, string> {
    const files: Record<string, string> = {}
    for (const item of readdirSync(this.dir, { recursive: true, withFileTypes: true })) {
      if (!item.isFile()) continue
      const file = path.join(item.parentPath, item.name)
      files[path.relative(this.dir, file)] = readFileSync(file, 'latin1')
    }
    return files
  }

  async record(): Promise<unknown> {
    const site = await openSiteReader(this.paths.store, this.key)
    try {
      return (await site.entry(RECORD_PATH))?.metadata ?? null
    } finally {
      await site.close()
    }
  }
}

/** The code of the error that a promise is rejected with. */
export async function codeOfRejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  return 'no error'
}

/** Polls until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
