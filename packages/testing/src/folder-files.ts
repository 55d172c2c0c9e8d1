import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Contents by path (POSIX, with a leading slash): text as it is, other bytes as their hash, so that a diff can be read. */
export type Contents = Record<string, string>

/** Writes files into a folder, making the folders that they need. */
export function writeFiles(dir: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

/** Every file below a folder. */
export function readFolder(dir: string): Contents {
  const contents: Contents = {}
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    contents[`/${path.relative(dir, file).split(path.sep).join('/')}`] = showBytes(readFileSync(file))
  }
  return contents
}

export function showBytes(bytes: Uint8Array): string {
  return isUtf8(bytes)
    ? Buffer.from(bytes).toString()
    : `${bytes.byteLength} bytes, sha256 ${hash('sha256', bytes)}`
}

/** Lets a folder outside the workspace import packages of the workspace, as if they were installed in it. */
export function linkPackages(projectDir: string, packages: Record<string, string>): void {
  for (const [name, target] of Object.entries(packages)) {
    const link = path.join(projectDir, 'node_modules', name)
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
}
