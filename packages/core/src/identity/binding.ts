import { existsSync } from 'node:fs'
import { realOrResolved } from '../machine/data-dir.js'
import { readIfThere, replaceFile } from '../disk/durable-file.js'

// A site's key is public and is part of its project folder. So the data directory lists the folders of this machine that may
// publish the site. A clone or a template with the same key then does not publish by accident.

export function isBound(foldersFile: string, projectDir: string): boolean {
  return boundFolders(foldersFile).includes(realOrResolved(projectDir))
}

export function bind(foldersFile: string, projectDir: string): void {
  const folders = new Set(boundFolders(foldersFile)).add(realOrResolved(projectDir))
  replaceFile(foldersFile, `${JSON.stringify([...folders], null, 2)}\n`)
}

/** Project folders that may publish the site. A damaged list counts as empty: a publish then asks first. */
export function boundFolders(foldersFile: string): string[] {
  try {
    const value: unknown = JSON.parse(readIfThere(foldersFile) ?? '[]')
    return Array.isArray(value) ? value.filter((folder) => typeof folder === 'string') : []
  } catch {
    return []
  }
}

/** The last folder that a site was published from, when none of its folders is there any more: it may have been moved. Else null. */
export function goneFolder(foldersFile: string): string | null {
  const folders = boundFolders(foldersFile)
  return folders.some((folder) => existsSync(folder)) ? null : (folders.at(-1) ?? null)
}
