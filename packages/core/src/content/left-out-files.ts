import { statSync } from 'node:fs'
import type { LeftOut } from '../folder/walk.js'

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

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    return false // a parent is no folder, or may not be read
  }
}
