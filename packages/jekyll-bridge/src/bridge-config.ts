import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataDir, PROJECT_FILE, replaceFile, type SiteAddress } from '@sitedrive/core'
import { stringify } from 'yaml'
import { isInside } from './check-settings.js'
import type { JekyllOptions } from './jekyll-options.js'
import type { JekyllSettings } from './jekyll-settings.js'

/** The folder of the plugin that reports to the bridge what Jekyll does. */
const HOOK_DIR = fileURLToPath(new URL('../hook', import.meta.url))

/** What Jekyll 3 leaves out by default. Jekyll 4 always does. */
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
 * Writes the settings that Jekyll gets on top of the user's own, into a file of the data directory.
 *
 * @returns the words that follow the user's own on Jekyll's command line
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
  // Always at the same place: Jekyll forgets what it has cached when its settings change, and their files' names are part.
  const file = path.join(home, 'jekyll', `${hash(projectDir)}.yml`)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  replaceFile(file, stringify(config, { version: '1.1' }))
  return [
    '--config',
    [...settings.configFiles, file].join(','),
    // On the command line they would hide those of the settings.
    ...(options.plugins ? ['--plugins', pluginsDirs.join(',')] : [])
  ]
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
