import { existsSync, rmSync } from 'node:fs'
import { bind } from './binding.js'
import { sitePaths } from '../machine/data-dir.js'
import { NOTHING_SIGNED, writeHead } from '../machine/signed-head.js'
import { createProject, projectFile, type Project } from '../project/project-file.js'
import { mintSecret, storeSecret } from './secret.js'

/** A key that exists in memory only, until the first publish keeps it. */
export interface MintedKey {
  key: string
  secret: Buffer
}

/** Makes a new site's key: no disk, no network. */
export async function mintKey(): Promise<MintedKey> {
  const { deriveKeys } = await import('../holepunch/key-pairs.js')
  const secret = mintSecret()
  return { key: deriveKeys(secret).key, secret }
}

/**
 * Keeps a minted key: secret and head file in the data directory, the folder bound to it, and `sitedrive.json` written
 * last, so that a crash in between leaves a project that simply has no key yet.
 *
 * @returns false when the folder got a `sitedrive.json` in the meantime: that one counts
 */
export function keepKey(
  home: string,
  projectDir: string,
  { key, secret }: MintedKey,
  project: Partial<Project> = {}
): boolean {
  if (existsSync(projectFile(projectDir))) return false
  storeSecret(home, key, secret)
  const paths = sitePaths(home, key)
  writeHead(paths.head, NOTHING_SIGNED)
  bind(paths.folders, projectDir)
  if (createProject(projectDir, { key, seeds: [], ...project })) return true
  rmSync(paths.dir, { recursive: true }) // another build of this folder was first; nobody has seen this key
  return false
}
