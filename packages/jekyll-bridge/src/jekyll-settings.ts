import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { JekyllOptions } from './jekyll-options.js'

/** A setting, and where it was made: what comes later counts. */
export interface Setting {
  value: unknown
  /** As it was named; null: the command line. */
  file: string | null
  line: number | null
}

/** What a project's configuration says, by Jekyll's own rules: command line, later files, earlier files, defaults. */
export interface JekyllSettings {
  /** Absolute. */
  source: string
  /** Absolute. */
  destination: string
  /** The user's, in their order, as Jekyll is to be told of them: absolute, or from the folder that it runs in. */
  configFiles: string[]
  /** Where plugins are looked for, absolute. */
  pluginsDirs: string[]
  isSafe: boolean
  /** null: not said, or not a list, of which Jekyll tells. */
  exclude: unknown[] | null
  url: Setting | null
  baseurl: Setting | null
  /** What must be installed beside Jekyll. */
  theme: string | null
  plugins: string[]
}

/** A file of settings that cannot be used, and where in it. */
export class ConfigError extends SitedriveError {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  /** What is wrong, without the place. */
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

/** Names that Jekyll looks for in the source folder, the first one counts. */
const DEFAULT_FILES = ['_config.yml', '_config.yaml', '_config.toml']
const DEFAULT_PLUGINS_DIR = '_plugins'

/**
 * Reads the settings of a project that Jekyll is run in.
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

/** The files that Jekyll may take its settings from, whether they are there or not. */
export function possibleConfigFiles({ config, source }: JekyllOptions): string[] {
  return config ?? DEFAULT_FILES.map((name) => path.join(source ?? '.', name))
}

function configFilesOf(cwd: string, options: JekyllOptions): string[] {
  if (options.config) return options.config
  const found = possibleConfigFiles(options).find((name) => existsSync(path.resolve(cwd, name)))
  return found === undefined ? [] : [found]
}

/** Every setting of the topmost level; one without a value leaves what stood before. */
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
  // Ruby's YAML takes the last of two equal keys, and knows merge keys. Its version 1.1 would read `.` as a number here.
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

/** The default one lies in the source folder, all others are looked for from where Jekyll runs. */
function pluginsDirsOf(cwd: string, source: string, value: unknown): string[] {
  if (value === undefined || value === DEFAULT_PLUGINS_DIR) return [path.join(source, DEFAULT_PLUGINS_DIR)]
  const dirs: unknown[] = Array.isArray(value) ? value : [value]
  return dirs.filter((dir) => typeof dir === 'string').map((dir) => path.resolve(cwd, dir))
}

function themeOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
