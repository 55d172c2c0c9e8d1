import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { later } from './later.js'

export type Files = Record<string, string | Uint8Array>

/** A temporary folder that is gone after the tests. */
export function tempDir(): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-peer-')))
  later(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Makes a folder hold exactly these files. */
export function writeFiles(dir: string, files: Files): void {
  rmSync(dir, { recursive: true, force: true })
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}
