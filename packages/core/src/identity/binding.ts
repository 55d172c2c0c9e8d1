import { realOrResolved } from '../machine/data-dir.js'
import { readIfThere, replaceFile } from '../disk/durable-file.js'

// A site's key is public and travels with its project folder. So the data directory remembers which folders of this
// machine were told to publish it: a clone or a template that carries the key publishes nothing by accident.

export function isBound(foldersFile: string, projectDir: string): boolean {
  return boundFolders(foldersFile).includes(realOrResolved(projectDir))
}

export function bind(foldersFile: string, projectDir: string): void {
  const folders = new Set(boundFolders(foldersFile)).add(realOrResolved(projectDir))
  replaceFile(foldersFile, `${JSON.stringify([...folders], null, 2)}\n`)
}

/** A damaged list binds nothing: the worst that follows is a question. */
export function boundFolders(foldersFile: string): string[] {
  try {
    const value: unknown = JSON.parse(readIfThere(foldersFile) ?? '[]')
    return Array.isArray(value) ? value.filter((folder) => typeof folder === 'string') : []
  } catch {
    return []
  }
}
