import path from 'node:path'
import type { UserConfig } from 'vite'
import { isInside } from './output-dir.js'
import { sharedInProcess } from '@sitedrive/integration'

/** Set in the process that builds for the live preview of a dev server: the folder that it builds to, absolute. */
function target(): { outDir: string | null } {
  return sharedInProcess('background build', () => ({ outDir: null }))
}

export function backgroundOutDir(): string | null {
  return target().outDir
}

export function setBackgroundOutDir(outDir: string): void {
  target().outDir = outDir
}

/**
 * What makes a build write to another folder than the project's, whatever its config says.
 *
 * Its files have names without a hash of their contents: with them an edit of a style would change the name of every script
 * that is built with it, and browsers would load the whole page again.
 */
export function buildingTo(outDir: string, root: string, { build = {} }: UserConfig): UserConfig {
  const given = path.resolve(root, build.outDir ?? 'dist')
  // In Vite 8 both are the same.
  const all = new Set([build.rolldownOptions?.output, build.rollupOptions?.output].flat())
  for (const output of all) {
    if (output?.dir === undefined) continue
    // Folders of several outputs keep their places within the whole.
    const dir = path.resolve(root, output.dir)
    output.dir = isInside(dir, given) ? path.join(outDir, path.relative(given, dir)) : outDir
  }
  const [output] = all
  const target = { outDir, emptyOutDir: true }
  return {
    build: {
      ...target,
      ...(all.size === 1 && { rollupOptions: { output: { ...plainNames(build.assetsDir), ...output } } })
    },
    environments: { client: { build: target } }
  }
}

function plainNames(assetsDir = 'assets'): Record<string, string> {
  const named = (name: string) => path.posix.join(assetsDir, name)
  return {
    entryFileNames: named('[name].js'),
    chunkFileNames: named('[name].js'),
    assetFileNames: named('[name].[ext]')
  }
}
