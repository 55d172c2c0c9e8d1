// A process of its own for the builds that the live preview of a dev server shows, so that none of them delays an update in
// the browser. It ends with the dev server, however that one ends.
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Sources } from '@sitedrive/core'
import type { InlineConfig, Plugin, ResolvedConfig } from 'vite'
import { setBackgroundOutDir } from './background-outdir.js'
import type { BackgroundBuild, BackgroundResult } from './background-messages.js'
import { failureFrom } from './build-failure.js'
import { isInside } from './output-dir.js'
import { PageSources } from './page-sources.js'

process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches every process of a terminal, and so does its closing. The dev server decides when this one ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('message', (build: BackgroundBuild) => void run(build))

try {
  // What a person waits for goes first.
  os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // Not allowed everywhere.
}

async function run(build: BackgroundBuild): Promise<void> {
  let result: BackgroundResult
  try {
    result = { failure: null, sources: await buildNow(build) }
  } catch (error) {
    result = { failure: failureFrom(error, build.projectDir), sources: {} }
  }
  if (process.connected) process.send?.(result)
}

/** @returns what pages were made of */
async function buildNow({ outDir, root, configFile, mode, projectDir }: BackgroundBuild): Promise<Sources> {
  setBackgroundOutDir(outDir)
  const noted: PageSources[] = []
  const vite = await importVite(root)
  await vite.build({
    root,
    configFile,
    mode,
    logLevel: 'silent',
    clearScreen: false,
    build: { watch: null },
    plugins: [guard(outDir), noting(noted)]
  })
  return Object.fromEntries(noted.flatMap((pages) => Object.entries(pages.of(outDir, projectDir))))
}

/** Notes which pages are written. @param noted gets those of each config */
function noting(noted: PageSources[]): Plugin {
  let pages: PageSources | null = null
  return {
    name: '@sitedrive/vite-plugin:sources',
    configResolved(config: ResolvedConfig) {
      pages = new PageSources(config)
      noted.push(pages)
    },
    writeBundle({ dir }, bundle) {
      if (dir !== undefined) pages?.wrote(dir, Object.keys(bundle))
    }
  }
}

/** The Vite of the project: of several that are installed, the one that its own command runs. */
async function importVite(root: string): Promise<{ build(config: InlineConfig): Promise<unknown> }> {
  const manifest = createRequire(path.join(root, 'package.json')).resolve('vite/package.json')
  const file = path.join(path.dirname(manifest), 'dist/node/index.js')
  return (await import(pathToFileURL(file).href)) as { build(config: InlineConfig): Promise<unknown> }
}

/** Whatever a config does: the project's own output stays as it is. */
function guard(outDir: string): Plugin {
  return {
    name: '@sitedrive/vite-plugin:background',
    enforce: 'post',
    configResolved: {
      order: 'post',
      handler: (config: ResolvedConfig) => {
        const stray = dirsOf(config).find((dir) => !isInside(dir, outDir))
        // guard: what writes to the project’s output all the same is refused
        if (stray === undefined) return
        throw new Error(
          `The live preview cannot build this project: its config makes every build write to \`${stray}\`. ` +
            'Let `build.outDir` be what the sitedrive plugin sets, and have the plugin in builds as well.'
        )
      }
    }
  }
}

function dirsOf({ root, build, environments }: ResolvedConfig): string[] {
  const builds = [build, ...(environments.client ? [environments.client.build] : [])]
  return builds.flatMap(({ outDir, rolldownOptions, rollupOptions }) => {
    const outputs = [(rolldownOptions ?? rollupOptions).output].flat()
    return [outDir, ...outputs.flatMap((output) => output?.dir ?? [])].map((dir) => path.resolve(root, dir))
  })
}
