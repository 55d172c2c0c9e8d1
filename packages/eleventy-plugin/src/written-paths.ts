import path from 'node:path'
import type { Sources } from '@sitedrive/core'
import type { BuildEnd } from './eleventy.js'

/** The URLs of files that a build copied, with what each is a copy of, relative to the current folder. */
export type Copies = Map<string, string>

/** Paths in the drive of what Eleventy says it wrote; plugins write more than that. */
export function writtenPaths({ directories, results }: BuildEnd, copied: readonly string[]): string[] {
  const output = path.resolve(directories.output)
  const rendered = results.map(({ outputPath }) => `/${posixRelative(output, outputPath)}`)
  return [...rendered, ...copied.map((url) => decodeURI(url))]
}

/** Which template each page was made of, relative to the project. */
export function sourcesOf({ directories, results }: BuildEnd, projectDir: string): Sources {
  const output = path.resolve(directories.output)
  const sources: Record<string, string> = {}
  for (const { inputPath, outputPath } of results) {
    if (inputPath !== undefined)
      sources[`/${posixRelative(output, outputPath)}`] = posixRelative(projectDir, inputPath)
  }
  return sources
}

function posixRelative(from: string, to: string): string {
  return path.relative(from, to).split(path.sep).join('/')
}
