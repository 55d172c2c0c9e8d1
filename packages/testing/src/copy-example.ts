import { cpSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './temporary-folder.js'

/** What a build or a publish leaves in an example. */
const MADE = /[/\\](node_modules|_site|dist|\.jekyll-cache|sitedrive\.json)$/

/** Copies an example as it is checked out into a folder that is removed when the running test ends. */
export function copyExample(name: string): string {
  const example = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url))
  const dir = path.join(temporaryFolder(), name)
  cpSync(example, dir, { recursive: true, filter: (file) => !MADE.test(file) })
  symlinkSync(path.join(example, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  return dir
}
