import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SiteAddress, dataDir } from '@sitedrive/core'
import { PROJECT_FILE, replaceFile } from '@sitedrive/core/internal'
import { stringify } from 'yaml'
import { isInside } from './check-settings.js'
import type { JekyllOptions } from './jekyll-options.js'
import type { JekyllSettings } from './jekyll-settings.js'

/** The folder of the plugin that reports Jekyll's events to the bridge. */
const HOOK_DIR = fileURLToPath(new URL('../hook', import.meta.url))

/** The files that Jekyll 3 excludes by default. Jekyll 4 always excludes them. */
const DEFAULT_EXCLUDE = [
  '.sass-cache',
  '.jekyll-cache',
  'gemfiles',
  'Gemfile',
  'Gemfile.lock',
  'node_modules',
  'vendor/bundle/',
  'vendor/cache/',
  'vendor/gems/',
  'vendor/ruby/'
]

/**
 * Writes the additional settings for Jekyll into a file in the data directory.
 *
 * @returns the additional arguments for Jekyll's command line
 */
export function bridgeWords(
  projectDir: string,
  settings: JekyllSettings,
  options: JekyllOptions,
  { address, env }: { address: SiteAddress; env: NodeJS.ProcessEnv }
): string[] {
  const home = dataDir(env)
  const pluginsDirs = [...settings.pluginsDirs, HOOK_DIR]
  const exclude = [...(settings.exclude ?? DEFAULT_EXCLUDE), PROJECT_FILE]
  if (isInside(home, settings.source)) exclude.push(path.relative(settings.source, home))
  const config = {
    sitedrive: address,
    exclude,
    plugins_dir: pluginsDirs
  }
  // The path stays the same: Jekyll clears its cache when its settings change, and the paths of their files are settings too.
  const file = path.join(home, 'jekyll', `${hash(projectDir)}.yml`)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  replaceFile(file, stringify(config, { version: '1.1' }))
  return [
    '--config',
    [...settings.configFiles, file].join(','),
    // `--plugins` on the command line overrides the setting, so the folders must be given there too.
    ...(options.plugins ? ['--plugins', pluginsDirs.join(',')] : [])
  ]
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
