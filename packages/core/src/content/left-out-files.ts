import { statSync } from 'node:fs'
import { walk, type LeftOut } from '../folder/walk.js'
import { ignoreFileOf } from '../project/project-file.js'

/**
 * Finds out why a file of the output is not published.
 *
 * @param path in the drive
 * @returns null when it is published, or does not exist. `path` of the result is what was left out: the file, or a folder around it
 */
export type WhyLeftOut = (path: string) => LeftOut | null

/** @param dir absolute, as `walk` gives it */
export function leftOutFiles(dir: string, leftOut: readonly LeftOut[]): WhyLeftOut {
  const byPath = new Map(leftOut.map((each) => [each.path, each]))
  const known = new Map<string, LeftOut | null>()
  return (path) => {
    let why = known.get(path)
    if (why === undefined) known.set(path, (why = find(path)))
    return why
  }

  function find(path: string): LeftOut | null {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = byPath.get(path.slice(0, end))
      if (found) return isFile(dir + path) ? found : null
    }
    return null
  }
}

/**
 * The same for a folder that was not walked yet. That is done when a file is first asked for; while the folder cannot be read,
 * nothing is known.
 */
export function leftOutOf(dir: string, projectDir: string): WhyLeftOut {
  let known: WhyLeftOut | null = null
  return (path) => (known ??= walked())(path)

  function walked(): WhyLeftOut {
    try {
      const found = walk(dir, ignoreFileOf(projectDir))
      return leftOutFiles(found.dir, found.leftOut)
    } catch {
      return () => null
    }
  }
}

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    return false // a parent is no folder, or may not be read
  }
}
