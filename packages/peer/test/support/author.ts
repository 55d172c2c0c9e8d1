import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  createPublisher,
  initProject,
  readProject,
  showKey,
  type Published,
  type PublisherOptions,
  sitePaths
} from '@sitedrive/core'
import { writeProject } from '@sitedrive/core/internal'
import { parseKey } from '@sitedrive/core/drive'
// Not public: a drive's signing half is the core's own.
import { deriveKeys, type SiteKeys } from '../../../core/dist/holepunch/key-pairs.js'
import { tempDir, writeFiles, type Files } from '../../../mirror/test/support/folders.js'
import { localDht } from '../../../mirror/test/support/local-network.js'

/** Somebody with a site, a machine of their own, and seeds that they pin it at. */
export class Author {
  readonly projectDir = path.join(tempDir(), 'project')
  readonly home = path.join(tempDir(), 'home')
  key = ''
  publisherKey = ''

  static async open(): Promise<Author> {
    const author = new Author()
    mkdirSync(author.dir, { recursive: true })
    const place = { projectDir: author.projectDir, env: author.env }
    author.key = (await initProject(place)).project.key
    author.publisherKey = (await showKey(place)).publisherKey
    return author
  }

  get dir(): string {
    return path.join(this.projectDir, '_site')
  }

  get env(): NodeJS.ProcessEnv {
    return { SITEDRIVE_HOME: this.home }
  }

  get keys(): SiteKeys {
    return deriveKeys(Buffer.from(readFileSync(sitePaths(this.home, this.key).secret, 'utf8').trim(), 'hex'))
  }

  get storeDir(): string {
    return sitePaths(this.home, this.key).store
  }

  pinAt(...seeds: string[]): void {
    const project = readProject(this.projectDir, parseKey)
    if (project) writeProject(this.projectDir, { ...project, seeds })
  }

  /** Makes a release with exactly these files, and hands it to the seeds. */
  async publish(files: Files, options: Partial<PublisherOptions> = {}): Promise<Published> {
    writeFiles(this.dir, files)
    const publisher = createPublisher({
      projectDir: this.projectDir,
      env: this.env,
      bootstrap: await localDht(),
      allow: { empty: true, shrink: true },
      ...options
    })
    const outcome = await publisher.publish(this.dir)
    await publisher.close()
    if (outcome.status !== 'published') throw new Error(`not published: ${outcome.status}`)
    return outcome
  }
}
