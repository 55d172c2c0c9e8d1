// A folder as a publish knows it: its files by path in the drive, with their hashes.
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { folderView } from '@sitedrive/core/content'

export function viewOf(dir) {
  const files = new Map()
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    const bytes = readFileSync(file)
    const name = `/${path.relative(dir, file).split(path.sep).join('/')}`
    files.set(name, { hash: hash('sha256', bytes, 'base64url'), stamp: { size: bytes.byteLength } })
  }
  return folderView(dir, files)
}

/** What `checkSite` is asked of a folder without a project. */
export function inputOf(dir, more = {}) {
  return {
    now: viewOf(dir),
    sources: {},
    key: null,
    mirror: null,
    projectDir: null,
    stale: [],
    changed: null,
    cacheFile: null,
    ...more
  }
}
