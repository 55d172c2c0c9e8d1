import path from 'node:path'
import type { Rollup } from 'vite'

/** What an output is told of the names of its files. */
export type NamePatterns = Pick<
  Rollup.NormalizedOutputOptions,
  'assetFileNames' | 'chunkFileNames' | 'entryFileNames'
>

/** What a build wrote, by name. */
export type Bundle = Readonly<Record<string, BundleFile>>

type BundleFile =
  | { type: 'chunk'; fileName: string; name: string; isEntry: boolean }
  | { type: 'asset'; fileName: string; names: readonly string[] }

/** Shortest hash that Rollup and Rolldown write, with the character before it. */
const MIN_ADDED = 1 + 6

/** The files whose names were made of their content, where the patterns of the names say so. A function for names says nothing. */
export function fingerprintedIn(patterns: NamePatterns, bundle: Bundle): string[] {
  return Object.values(bundle)
    .filter((file) => hasHash(patterns, file))
    .map(({ fileName }) => fileName)
}

function hasHash(
  { assetFileNames, chunkFileNames, entryFileNames }: NamePatterns,
  file: BundleFile
): boolean {
  const base = path.posix.basename(file.fileName)
  if (file.type === 'chunk') {
    const pattern = file.isEntry ? entryFileNames : chunkFileNames
    return (
      isHashing(pattern) && base.length >= path.posix.basename(file.name).length + '.js'.length + MIN_ADDED
    )
  }
  // What a plugin named itself, such as `sw.js`, has the name that it was given.
  return (
    isHashing(assetFileNames) &&
    file.names.length > 0 &&
    file.names.every((name) => base.length >= path.posix.basename(name).length + MIN_ADDED)
  )
}

function isHashing(pattern: unknown): boolean {
  return typeof pattern === 'string' && pattern.includes('[hash')
}
