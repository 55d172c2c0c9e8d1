import path from 'node:path'
import { createFile, readBytesIfThere, replaceFile } from '../disk/durable-file.js'
import { codeOf, messageOf, SitedriveError } from '../error.js'
import { describeTextFault, lineAt, writtenText } from '../written-text.js'
import { schemaLink } from './schema-link.js'
import { faultOfException } from './allowed-secrets.js'

/** The file in the project folder that says which site the folder is. It holds no secret and is made to be committed. */
export const PROJECT_FILE = 'sitedrive.json'

/** Where a site was forked from. */
export interface ForkOrigin {
  /** The key of the other site, z-base-32. */
  of: string
  /** The release; null: another program wrote the site, which has none. */
  release: number | null
  /** The version of the drive that this release ended at. */
  version: number
}

/** The contents of `sitedrive.json`. */
export interface Project {
  /** Where an editor finds the description of this file. It is kept as it is. */
  $schema?: string
  /** The site drive's key, z-base-32. */
  key: string
  /** What people call the site. */
  name?: string
  /** Public keys of the peers that keep the site online, z-base-32. */
  seeds: string[]
  /** How many of them must hold a release. @default 1 */
  confirm?: number
  /** The address of a mirror that shows the site, such as `https://example.org/`. */
  mirror?: string
  /** What "Publish all" of the review page runs, a line for the shell. @default `npm run build` where there is such a script */
  buildCommand?: string
  /** The project's source is published with the site. @default false */
  source?: boolean
  /** The site that this one was made of. Each release says so, too. */
  fork?: ForkOrigin
  /** What may be published although it looks like a secret, see `secrets/allowed-secrets.ts`. */
  secrets?: { allow: string[] }
}

const FIELDS = [
  '$schema',
  'key',
  'name',
  'seeds',
  'confirm',
  'mirror',
  'buildCommand',
  'source',
  'fork',
  'secrets'
]

/** The file in which a project names what is no part of its site, in gitignore's syntax. */
export function ignoreFileOf(projectDir: string): string {
  return path.join(projectDir, '.sitedriveignore')
}

export function projectFile(projectDir: string): string {
  return path.join(projectDir, PROJECT_FILE)
}

/**
 * Reads `sitedrive.json`.
 *
 * @param parseKey normalises a key or throws BAD_KEY
 * @returns null when the folder has none
 * @throws {SitedriveError} CONFIG_INVALID naming the field and what it should be
 */
export function readProject(
  projectDir: string,
  parseKey: (text: string, owner?: 'site' | 'peer') => string
): Project | null {
  const file = projectFile(projectDir)
  const bytes = readBytesIfThere(file)
  if (bytes === null) return null
  const { text, fault: textFault } = writtenText(bytes)
  if (textFault !== null) {
    const { why, remedy } = describeTextFault(textFault)
    throw invalid(file, `it ${why}`, { remedy })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const mark = lineOfConflictMark(text)
    if (mark !== null) {
      throw invalid(file, `line ${mark} is left over from a merge conflict`, {
        cause,
        remedy: 'Resolve it: keep what is meant, and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`.'
      })
    }
    const line = lineOfTrailingComma(text)
    throw line === null
      ? invalid(file, `it is not JSON (${messageOf(cause)})`, { cause })
      : invalid(file, `it has a comma in line ${line} after which nothing comes`, {
          cause,
          remedy: 'JSON allows none there: delete it.'
        })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(file, 'it is not a JSON object')
  const fields = value as Record<string, unknown>
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined)
    throw invalid(
      file,
      `it has an unknown field \`${unknown}\`; known are ${FIELDS.filter((field) => field !== '$schema').join(', ')}`
    )

  const { $schema, key, name, seeds = [], confirm, mirror, buildCommand, source, fork, secrets } = fields
  if ($schema !== undefined && typeof $schema !== 'string') throw invalid(file, '`$schema` is not a text')
  if (typeof key !== 'string') throw invalid(file, "`key` is missing; it is the site's address")
  if (name !== undefined && typeof name !== 'string') throw invalid(file, '`name` is not a text')
  if (!Array.isArray(seeds) || seeds.some((seed) => typeof seed !== 'string')) {
    throw invalid(file, '`seeds` is not a list of keys')
  }
  if (
    confirm !== undefined &&
    !(Number.isInteger(confirm) && Number(confirm) >= 1 && Number(confirm) <= seeds.length)
  ) {
    throw invalid(file, '`confirm` is not a number from 1 to the number of seeds')
  }
  if (mirror !== undefined && !isWebAddress(mirror))
    throw invalid(file, '`mirror` is not an http or https address')
  if (buildCommand !== undefined && (typeof buildCommand !== 'string' || buildCommand.trim() === ''))
    throw invalid(file, '`buildCommand` is not a command')
  // It is shown before it is run: whoever reads it must see all of it.
  if (buildCommand !== undefined && /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(buildCommand))
    throw invalid(file, '`buildCommand` has line breaks or characters that cannot be seen')
  if (source !== undefined && typeof source !== 'boolean')
    throw invalid(file, '`source` is neither true nor false')
  if (fork !== undefined && !isForkOrigin(fork))
    throw invalid(file, '`fork` is not of the form `{ "of": "<key>", "release": 3, "version": 42 }`')
  const fault = secrets === undefined ? null : faultOfSecrets(secrets)
  if (fault !== null) throw invalid(file, fault)
  if (fork !== undefined && fork.of === key) throw invalid(file, '`fork` names the site itself')
  return {
    ...($schema !== undefined && { $schema }),
    key: field(file, 'key', () => parseKey(key)),
    ...(name !== undefined && { name }),
    seeds: seeds.map((seed: string) => field(file, 'seeds', () => parseKey(seed, 'peer'))),
    ...(confirm !== undefined && { confirm: Number(confirm) }),
    ...(mirror !== undefined && { mirror: new URL(mirror).href }),
    ...(buildCommand !== undefined && { buildCommand }),
    ...(source !== undefined && { source }),
    ...(fork !== undefined && {
      fork: { ...fork, of: field(file, 'fork', () => parseKey(fork.of)) }
    }),
    ...(secrets !== undefined && { secrets: secrets as { allow: string[] } })
  }
}

/** Writes the first `sitedrive.json` of a folder. @returns false when the folder has one @throws {SitedriveError} PROJECT_READ_ONLY, DISK_FULL */
export function createProject(projectDir: string, project: Project): boolean {
  const text = textOf(withSchema(projectDir, project))
  return written(projectDir, () => createFile(projectFile(projectDir), text, 0o644))
}

/** The same, in place of one that may be there. */
export function replaceProject(projectDir: string, project: Project): void {
  writeProject(projectDir, withSchema(projectDir, project))
}

/** Writes what was read and edited. @throws {SitedriveError} PROJECT_READ_ONLY, DISK_FULL */
export function writeProject(projectDir: string, project: Project): void {
  written(projectDir, () => replaceFile(projectFile(projectDir), textOf(project), 0o644))
}

function written<T>(projectDir: string, write: () => T): T {
  try {
    return write()
  } catch (cause) {
    const reason = cause instanceof SitedriveError ? codeOf(cause.cause) : ''
    if (!['EROFS', 'EACCES', 'EPERM'].includes(reason)) throw cause
    throw new SitedriveError(
      'PROJECT_READ_ONLY',
      `${PROJECT_FILE} could not be written: \`${projectDir}\` is read-only for you (${reason}). Nothing was changed. ` +
        'Get leave to write there, or copy the project to where you may.',
      { cause }
    )
  }
}

function withSchema(projectDir: string, project: Project): Project {
  const $schema = schemaLink(projectDir)
  return { ...($schema !== null && { $schema }), ...project }
}

function textOf(project: Project): string {
  return `${JSON.stringify(project, null, 2)}\n`
}

function isWebAddress(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

/** Whether a value says where a site was forked from. The key is only a text. */
export function isForkOrigin(value: unknown): value is ForkOrigin {
  if (typeof value !== 'object' || value === null) return false
  const { of, release, version, ...others } = value as Record<string, unknown>
  const isCount = (number: unknown) => Number.isSafeInteger(number) && Number(number) >= 1
  return (
    typeof of === 'string' &&
    (release === null || isCount(release)) &&
    isCount(version) &&
    Object.keys(others).length === 0
  )
}

function faultOfSecrets(secrets: unknown): string | null {
  const { allow, ...others } =
    typeof secrets === 'object' && secrets !== null ? (secrets as Record<string, unknown>) : {}
  if (!Array.isArray(allow) || Object.keys(others).length > 0)
    return '`secrets` is not of the form `{ "allow": ["/path: rule fingerprint"] }`'
  for (const exception of allow) {
    if (typeof exception !== 'string') return '`secrets.allow` is not a list of texts'
    const fault = faultOfException(exception)
    if (fault !== null) return `\`secrets.allow\`: \`${exception}\` ${fault}`
  }
  return null
}

function field(file: string, name: string, parse: () => string): string {
  try {
    return parse()
  } catch (cause) {
    // The reason says what to write; removing the file would lose the site's address.
    throw invalid(file, `\`${name}\`: ${messageOf(cause)}`, { cause, remedy: null })
  }
}

/** The line of a mark that a merge left, from 1; null: there is none. No line of JSON begins like one. */
function lineOfConflictMark(text: string): number | null {
  const at = text.search(/^(<{7}|\|{7}|={7}|>{7})/m)
  return at === -1 ? null : lineAt(text, at)
}

/** The line of a comma before a closing bracket, from 1; null when such commas are not all that is wrong. */
function lineOfTrailingComma(text: string): number | null {
  let line: number | null = null
  const mended = text.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (part, at: number) => {
    if (part !== ',') return part
    line ??= lineAt(text, at)
    return ''
  })
  try {
    JSON.parse(mended)
    return line
  } catch {
    return null
  }
}

function invalid(
  file: string,
  why: string,
  {
    cause,
    remedy = 'Mend it, or remove it and run `npx sitedrive init`.'
  }: {
    cause?: unknown
    /** null: the reason is a sentence of its own, and ends with what to do. */
    remedy?: string | null
  } = {}
): SitedriveError {
  const sentences = remedy === null ? why : `${why}. ${remedy}`
  return new SitedriveError('CONFIG_INVALID', `\`${file}\` cannot be used: ${sentences}`, { cause })
}

/** How many seeds must hold a release of this project before it counts as confirmed. */
export function seedsWanted({ seeds, confirm = 1 }: Project): number {
  return Math.min(seeds.length, confirm)
}

/** Whether enough of the pinned seeds are among those that confirmed. */
export function isConfirmedBy(project: Project, confirmedBy: readonly string[]): boolean {
  return project.seeds.filter((seed) => confirmedBy.includes(seed)).length >= seedsWanted(project)
}
