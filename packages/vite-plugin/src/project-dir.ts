import { existsSync } from 'node:fs'
import path from 'node:path'

/** What a project's own folder has. Of a root such as `src` or `docs` it is often the folder above. */
const MARKS = ['sitedrive.json', 'package.json']

/** The folder of `sitedrive.json`: the first one from Vite's root upwards that is a project's own. */
export function projectDirOf(root: string, given: string | undefined): string {
  if (given !== undefined) return path.resolve(root, given)
  for (let dir = root; ; dir = path.dirname(dir)) {
    if (MARKS.some((name) => existsSync(path.join(dir, name)))) return dir
    if (dir === path.dirname(dir)) return root
  }
}
