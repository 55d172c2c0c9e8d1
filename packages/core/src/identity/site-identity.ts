import { existsSync, rmSync } from 'node:fs'
import { bind } from './binding.js'
import { sitePaths } from '../machine/data-dir.js'
import { NOTHING_SIGNED, writeHead } from '../machine/signed-head.js'
import { createProject, projectFile, type Project } from '../project/project-file.js'
import { mintSecret, storeSecret } from './secret.js'

/** A new key in memory. The first publish writes it to the disk. */
export interface MintedKey {
  key: string
  secret: Buffer
}

/** Creates the key of a new site. Uses neither disk nor network. */
export async function mintKey(): Promise<MintedKey> {
  const { deriveKeys } = await import('../holepunch/key-pairs.js')
  const secret = mintSecret()
  return { key: deriveKeys(secret).key, secret }
}

/**
 * Writes a new key to the disk: the secret, the head file and the binding of the folder. `sitedrive.json` is written last, so
 * that the project has no key yet after a crash in between.
 *
 * @returns false when the folder got a `sitedrive.json` meanwhile; that file is used
 * @throws {SitedriveError} PROJECT_READ_ONLY, DISK_FULL, DATA_DIR_UNUSABLE; then nothing of the key is left
 */
export function keepKey(
  home: string,
  projectDir: string,
  { key, secret }: MintedKey,
  project: Partial<Project> = {}
): boolean {
  if (existsSync(projectFile(projectDir))) return false
  const paths = sitePaths(home, key)
  let isKept = false
  try {
    storeSecret(home, key, secret)
    writeHead(paths.head, NOTHING_SIGNED)
    bind(paths.folders, projectDir)
    isKept = createProject(projectDir, { key, seeds: [], ...project })
    return isKept
  } catch (error) {
    isKept = existsSync(projectFile(projectDir)) // it may carry this key
    throw error
  } finally {
    // Another build of this folder was first, a disk is full, the folder is read-only: this key was never used.
    if (!isKept && existsSync(paths.dir)) rmSync(paths.dir, { recursive: true })
  }
}
