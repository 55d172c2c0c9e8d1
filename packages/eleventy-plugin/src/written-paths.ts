import path from 'node:path'
import type { BuildEnd } from './eleventy.js'

/** Paths in the drive of what Eleventy says it wrote; plugins write more than that. */
export function writtenPaths({ directories, results }: BuildEnd, copied: readonly string[]): string[] {
  const output = path.resolve(directories.output)
  const rendered = results.map(({ outputPath }) =>
    path.relative(output, outputPath).split(path.sep).join('/')
  )
  return [...rendered.map((file) => `/${file}`), ...copied.map((url) => decodeURI(url))]
}
