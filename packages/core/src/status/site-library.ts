import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '../error.js'
import { boundFolders } from '../identity/binding.js'
import { readValidHead } from '../machine/signed-head.js'
import { dataDir, sitePaths } from '../machine/data-dir.js'
import { readProject, type Project } from '../project/project-file.js'
import { webAddressOf } from '../project/web-addresses.js'
import { readBackup, type Backup } from './site-status.js'

/** A site that this machine has published, or has the key of. */
export interface KnownSite {
  /** The site's key, z-base-32. */
  key: string
  /** The `name` of the `sitedrive.json` in one of its folders; null: it has none. */
  name: string | null
  /** Where web browsers find it; null: not known. */
  webAddress: string | null
  /** The last release that was completed on this machine, 0 before the first; null: not known. */
  release: number | null
  /** When that was, ISO 8601; null: not known. */
  publishedAt: string | null
  backup: Backup
  folders: SiteFolder[]
}

/** A project folder that publishes to a site. */
export interface SiteFolder {
  dir: string
  /** `gone`: it is not there. `other`: its `sitedrive.json` is missing, damaged or another site's. */
  state: 'there' | 'gone' | 'other'
}

/** Lists the sites of this machine; the one that was published last comes first. Reads the data directory and the folders' `sitedrive.json`. */
export async function listSites(env: NodeJS.ProcessEnv = process.env): Promise<KnownSite[]> {
  const { parseKey } = await import('../holepunch/site-key.js')
  const home = dataDir(env)
  const sites = siteKeys(home).map((key): KnownSite => {
    const paths = sitePaths(home, key)
    const head = readValidHead(paths.head)
    const folders = boundFolders(paths.folders).map((dir) => ({
      dir,
      project: projectIn(dir, key, parseKey)
    }))
    const projects = folders.map(({ project }) => project).filter((project) => project !== null)
    const named = projects.find(({ name }) => name !== undefined)
    return {
      key,
      name: named?.name ?? null,
      webAddress: projects.map((project) => webAddressOf(project, paths)).find((url) => url !== null) ?? null,
      release: head?.release ?? null,
      publishedAt: head?.publishedAt ?? null,
      backup: readBackup(home, key),
      folders: folders.map(({ dir, project }) => ({
        dir,
        state: project ? 'there' : existsSync(dir) ? 'other' : 'gone'
      }))
    }
  })
  return sites.toSorted((a, b) => (b.publishedAt ?? '').localeCompare(a.publishedAt ?? ''))
}

function siteKeys(home: string): string[] {
  const dir = path.join(home, 'sites')
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(path.join(dir, name)).length > 0) // a full disk that stopped the making of a key leaves an empty one
}

function projectIn(dir: string, key: string, parseKey: Parameters<typeof readProject>[1]): Project | null {
  try {
    const project = readProject(dir, parseKey)
    return project?.key === key ? project : null
  } catch (error) {
    if (error instanceof SitedriveError) return null
    throw error
  }
}
