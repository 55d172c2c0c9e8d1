import { askPermission, skipError, type Permission } from '../identity/permission.js'
import { keepKey, mintKey, type MintedKey } from '../identity/site-identity.js'
import { linkOf } from '../outcome/outcome.js'
import { readProject, type Project } from '../project/project-file.js'
import { noProject } from './publish-errors.js'
import type { SiteAddress } from './publisher-contract.js'
import type { ResolvedOptions } from './resolve-options.js'

/** A site that this process may publish: its project file, and the secret that its keys derive from. */
export interface OwnedSite {
  project: Project
  secret: Buffer
}

/** Finds out which site a project folder publishes to, and whether this process may sign for it. Makes a new site's key. */
export class SiteOwner {
  private readonly options: ResolvedOptions
  /** A key that exists in memory only. */
  private minted: Promise<MintedKey> | null = null

  constructor(options: ResolvedOptions) {
    this.options = options
  }

  /** The folder's `sitedrive.json`; null when there is none. @throws {SitedriveError} CONFIG_INVALID */
  async project(): Promise<Project | null> {
    const { parseKey } = await import('../holepunch/site-key.js')
    return readProject(this.options.projectDir, parseKey)
  }

  /** Whether this process may publish the folder. May ask a person. @throws {SitedriveError} CONFIG_INVALID, BAD_SECRET */
  async permission(): Promise<Permission> {
    return this.permissionFor(await this.project())
  }

  /** The site's address; makes the key of a folder that has none and may get one. */
  async address(): Promise<SiteAddress> {
    const project = await this.project()
    if (project) return { key: project.key, url: linkOf(project.key), mirror: project.mirror ?? null }
    const { kind } = await this.permissionFor(null)
    if (kind !== 'mint') return { key: null, url: null, mirror: null }
    const { key } = await this.mint()
    return { key, url: linkOf(key), mirror: null }
  }

  /** Makes a key in memory. Further calls return the same key, until it is kept. */
  mint(): Promise<MintedKey> {
    return (this.minted ??= mintKey())
  }

  /**
   * Writes the minted key to the data directory and to `sitedrive.json`.
   *
   * @returns the site that the folder belongs to now: another one when another build of the folder was first
   */
  async keepMinted(): Promise<OwnedSite> {
    const minted = await this.mint()
    this.minted = null
    const { home, projectDir } = this.options
    if (keepKey(home, projectDir, minted)) {
      return { project: { key: minted.key, seeds: [] }, secret: minted.secret }
    }
    // Another build of this folder was first, so its key counts.
    const permission = await this.permission()
    if (permission.kind !== 'publish') throw noProject(projectDir)
    return permission
  }

  /**
   * The site of a folder that was published before.
   *
   * @throws {SitedriveError} NO_PROJECT, NO_SECRET, NOT_BOUND when this process may not publish it
   */
  async owned(): Promise<OwnedSite> {
    const permission = await this.permission()
    if (permission.kind === 'skip') throw skipError(permission.reason, permission.message)
    if (permission.kind === 'mint') throw noProject(this.options.projectDir)
    return permission
  }

  private permissionFor(project: Project | null): Promise<Permission> {
    const { projectDir, home, env, publish, confirm } = this.options
    return askPermission({ projectDir, home, env, project, publish, confirm })
  }
}
