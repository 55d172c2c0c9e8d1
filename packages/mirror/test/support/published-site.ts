import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createPublisher, type Published, sitePaths } from '@sitedrive/core'
import { openSiteReader, share, type SiteStore } from '@sitedrive/core/drive'
import { tempDir, writeFiles, type Files } from './folders.js'
import { later } from './later.js'
import { localDht } from './local-network.js'

/** A site of another machine: published by the core, and online while it is shared. */
export class PublishedSite {
  key = ''
  private readonly root = tempDir()
  readonly projectDir = path.join(this.root, 'project')
  private readonly home = path.join(this.root, 'home')
  private online: { close(): Promise<void> } | null = null

  constructor() {
    later(() => this.goOffline())
  }

  /** Makes a release with exactly these files, offline. */
  async publish(files: Files): Promise<Published> {
    await this.goOffline()
    const { projectDir } = this
    const dir = path.join(projectDir, '_site')
    writeFiles(dir, files)
    mkdirSync(dir, { recursive: true }) // of a release without a file
    const publisher = createPublisher({
      projectDir,
      env: { SITEDRIVE_HOME: this.home },
      allow: { empty: true, shrink: true }
    })
    const outcome = await publisher.publish(dir)
    await publisher.close()
    if (outcome.status !== 'published') throw new Error(`not published: ${outcome.status}`)
    this.key = outcome.key
    return outcome
  }

  /** Opens what was published, as the machine that published it holds it. Not while it is online. */
  async read(): Promise<SiteStore> {
    const store = await openSiteReader(sitePaths(this.home, this.key).store, this.key)
    later(() => store.close())
    return store
  }

  /** Shows the network what was published last. @param find it looks for others as well, and does not only wait for them */
  async goOnline({ find = true } = {}): Promise<void> {
    this.online = await share(sitePaths(this.home, this.key).store, this.key, await localDht(), find)
  }

  async goOffline(): Promise<void> {
    const { online } = this
    this.online = null
    await online?.close()
  }
}
