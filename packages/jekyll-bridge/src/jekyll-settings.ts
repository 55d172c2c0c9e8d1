import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { JekyllOptions } from './jekyll-options.js'

/** A setting, and the place where it was set last. */
export interface Setting {
  value: unknown
  /** The path as the user wrote it; null: the command line. */
  file: string | null
  line: number | null
}

/** The settings of a project. As in Jekyll, the command line overrides later files, and those override earlier files and defaults. */
export interface JekyllSettings {
  /** Absolute. */
  source: string
  /** Absolute. */
  destination: string
  /** The user's configuration files, in their order: absolute, or relative to the folder that Jekyll runs in. */
  configFiles: string[]
  /** The folders of plugins, absolute. */
  pluginsDirs: string[]
  isSafe: boolean
  /** null: not set, or not a list, which Jekyll reports. */
  exclude: unknown[] | null
  url: Setting | null
  baseurl: Setting | null
  /** Gems that must be installed, as well as Jekyll: the theme and the plugins. */
  theme: string | null
  plugins: string[]
}

/** A configuration file that cannot be used, with the place of the error. */
export class ConfigError extends SitedriveError {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  /** The error without the place. */
  readonly why: string

  constructor(file: string, why: string, at: { line: number; col: number } | null, remedy: string) {
    const place = at ? `${file}:${at.line}:${at.col}` : file
    super('CONFIG_INVALID', `\`${place}\` cannot be read: ${why}. ${remedy}`)
    this.file = file
    this.line = at?.line ?? null
    this.column = at?.col ?? null
    this.why = why
  }
}

/** Names of configuration files in the source folder. Jekyll uses the first one that exists. */
const DEFAULT_FILES = ['_config.yml', '_config.yaml', '_config.toml']
const DEFAULT_PLUGINS_DIR = '_plugins'

/**
 * Reads the settings of a Jekyll project.
 *
 * @param cwd the folder that Jekyll runs in
 * @throws {ConfigError} CONFIG_INVALID
 */
export function readJekyllSettings(cwd: string, options: JekyllOptions): JekyllSettings {
  const files = configFilesOf(cwd, options)
  const settings = new Map<string, Setting>()
  for (const file of files) {
    for (const [name, setting] of readConfigFile(cwd, file)) settings.set(name, setting)
  }
  for (const name of ['source', 'destination', 'baseurl'] as const) {
    const value = options[name]
    if (value !== null) settings.set(name, { value, file: null, line: null })
  }
  const source = path.resolve(cwd, textOf(settings, 'source') ?? '.')
  return {
    source,
    destination: path.resolve(cwd, textOf(settings, 'destination') ?? '_site'),
    configFiles: files,
    pluginsDirs: pluginsDirsOf(cwd, source, options.plugins ?? settings.get('plugins_dir')?.value),
    isSafe: options.isSafe || /^(true|yes|on)$/i.test(String(settings.get('safe')?.value)),
    exclude: listOf(settings, 'exclude'),
    url: settings.get('url') ?? null,
    baseurl: settings.get('baseurl') ?? null,
    theme: themeOf(settings.get('theme')?.value),
    plugins: (listOf(settings, 'plugins') ?? []).filter((name) => typeof name === 'string')
  }
}

/** The configuration files that Jekyll looks for. They may be missing. */
export function possibleConfigFiles({ config, source }: JekyllOptions): string[] {
  return config ?? DEFAULT_FILES.map((name) => path.join(source ?? '.', name))
}

function configFilesOf(cwd: string, options: JekyllOptions): string[] {
  if (options.config) return options.config
  const found = possibleConfigFiles(options).find((name) => existsSync(path.resolve(cwd, name)))
  return found === undefined ? [] : [found]
}

/** Reads the top-level settings of a file. A setting without a value does not override an earlier one. */
function readConfigFile(cwd: string, file: string): [string, Setting][] {
  if (/\.toml$/i.test(file)) {
    throw new ConfigError(
      file,
      'it is TOML',
      null,
      'jekyll-bridge reads YAML; write the settings into `_config.yml`, which Jekyll prefers as well.'
    )
  }
  const counter = new LineCounter()
  // Like Ruby's YAML, this takes the last of two equal keys and knows merge keys. It is not set to YAML 1.1, as this parser would then read `.` as a number.
  const document = parseDocument(read(cwd, file), {
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: counter,
    logLevel: 'error'
  })
  const [error] = document.errors
  if (error) {
    const why = error.message.replace(/[.\s]+$/, '')
    throw new ConfigError(file, why, counter.linePos(error.pos[0]), 'Mend it, and build again.')
  }
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return []
  if (!isMap(contents)) {
    throw new ConfigError(file, 'it is no list of `name: value` lines', null, 'Mend it, and build again.')
  }
  const values = document.toJS() as Record<string, unknown>
  return contents.items.flatMap(({ key }): [string, Setting][] => {
    const name = isScalar(key) ? String(key.value) : ''
    const value = values[name]
    if (value === null || value === undefined) return []
    const line = isScalar(key) && key.range ? counter.linePos(key.range[0]).line : null
    return [[name, { value, file, line }]]
  })
}

function read(cwd: string, file: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new ConfigError(
      file,
      code === 'ENOENT' ? `there is no such file in \`${cwd}\`` : message,
      null,
      'Name another one with `--config`.'
    )
  }
}

function textOf(settings: ReadonlyMap<string, Setting>, name: string): string | null {
  const setting = settings.get(name)
  if (!setting) return null
  if (typeof setting.value === 'string') return setting.value
  const at = setting.line === null ? null : { line: setting.line, col: 1 }
  const why = `\`${name}\` is ${JSON.stringify(setting.value)}, which is no folder`
  throw new ConfigError(setting.file ?? 'the command line', why, at, 'Mend it, and build again.')
}

function listOf(settings: ReadonlyMap<string, Setting>, name: string): unknown[] | null {
  const value = settings.get(name)?.value
  return Array.isArray(value) ? value : null
}

/** The default folder is relative to the source folder, and all others are relative to the folder that Jekyll runs in. */
function pluginsDirsOf(cwd: string, source: string, value: unknown): string[] {
  if (value === undefined || value === DEFAULT_PLUGINS_DIR) return [path.join(source, DEFAULT_PLUGINS_DIR)]
  const dirs: unknown[] = Array.isArray(value) ? value : [value]
  return dirs.filter((dir) => typeof dir === 'string').map((dir) => path.resolve(cwd, dir))
}

function themeOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
