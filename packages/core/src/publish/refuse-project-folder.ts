import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { isWithin } from '../machine/data-dir.js'
import { SitedriveError } from '../error.js'
import { ignoreFileOf, PROJECT_FILE } from '../project/project-file.js'
import { writtenText } from '../written-text.js'
import { listed } from '../text.js'
import { readPatterns } from '../folder/walk.js'

/** Config files of generators that can have several extensions. */
const SCRIPT_CONFIGS =
  /^(?:astro|docusaurus|eleventy|gridsome|next|nuxt|react-router|rspress|svelte|vite|vue|waku)\.config\.[cm]?[jt]s$|^gatsby-config\.[cm]?[jt]s$/

/** Names that occur at the top of a project and that no generator writes to its output, in the order of the message. */
const PROJECT_NAMES = new Set([
  'package.json',
  'deno.json',
  'deno.jsonc',
  // Jekyll, Hexo, Lume
  '_config.yml',
  '_config.yaml',
  '_config.toml',
  '_config.js',
  '_config.ts',
  '.eleventy.js',
  '.vitepress',
  '.vuepress',
  'hugo.toml',
  'hugo.yaml',
  'hugo.yml',
  'hugo.json',
  'mkdocs.yml',
  'mkdocs.yaml',
  'properdocs.yml',
  'zensical.toml',
  'pelicanconf.py',
  'book.toml',
  '_quarto.yml',
  'antora-playbook.yml',
  'angular.json',
  'tsconfig.json',
  'Cargo.toml',
  'composer.json',
  'go.mod',
  'pyproject.toml',
  // Jekyll's sources, for projects without a config
  '_posts',
  '_drafts',
  '_layouts',
  '_includes',
  'node_modules',
  // Lock files: people who ignore `package.json` may have forgotten them.
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'deno.lock'
])

/** Names that other programs use too. They count only together with one of the names in `beside`. */
const NAMES_WITH_COMPANIONS: readonly [name: RegExp, beside: readonly string[]][] = [
  // Hugo and Zola. Beside a page, `config.json` and `config` are more likely the settings of an application.
  [/^config(?:\.(?:toml|ya?ml|json))?$/, ['archetypes', 'content', 'layouts', 'templates', 'themes']],
  // Jekyll and Eleventy without a config: the output beside its sources
  [
    /^_site$/,
    [
      '_data',
      '_includes',
      '_layouts',
      '_posts',
      ...['11ty.js', 'hbs', 'liquid', 'markdown', 'md', 'njk'].map((ending) => `index.${ending}`)
    ]
  ],
  // Sphinx
  [/^conf\.py$/, ['Makefile', 'make.bat', 'index.rst', 'index.md']]
]

/** Usual names of output folders. */
const OUTPUT_FOLDERS = ['_site', 'dist', 'public', 'build', 'out', 'site', 'output', '_build', 'book']

/** The most names in a message. */
const MAX_LISTED = 3

/** The names in a folder that identify it as a project, the most significant ones first. */
export function projectMarks(names: readonly string[]): string[] {
  const isAmong = new Set(names)
  const isMarked = (name: string) =>
    SCRIPT_CONFIGS.test(name) ||
    (NAMES_WITH_COMPANIONS.some(
      ([pattern, beside]) => pattern.test(name) && beside.some((other) => isAmong.has(other))
    ) &&
      !(/^config(?:\.json)?$/.test(name) && isAmong.has('index.html')))
  return [...names.filter(isMarked).toSorted(), ...[...PROJECT_NAMES].filter((name) => isAmong.has(name))]
}

/**
 * Refuses a project folder, because its sources, lock files and drafts would be public for ever. Checks only the names in the
 * folder, before anything below it is read. A missing folder is not refused here.
 *
 * @param dir absolute
 * @throws {SitedriveError} DIR_IS_PROJECT. The message names what was found, and the likely output folder
 */
export function refuseProject(dir: string, projectDir: string): void {
  const why = whyProject(dir, projectDir)
  if (why === null) return
  const [mark] = marksOf(dir, projectDir)
  throw new SitedriveError(
    'DIR_IS_PROJECT',
    `\`${dir}\` ${why}. Sources and drafts would be public for good, so nothing was published. ${suggestFolder(dir)} ` +
      'If this folder is the site as it is: name what is no part of it in .sitedriveignore' +
      `${mark === undefined ? '' : `, and what is part of it with \`!\` (\`!/${mark === 'node_modules' ? 'node_modules/<package>' : mark}\`)`}.`,
    { remedy: { action: 'allow project', sentence: 'Or allow it with {}.' } }
  )
}

/**
 * Why a folder looks like a project, as the end of a sentence that begins with the folder; null: it does not. Names in
 * `.sitedriveignore` do not count, because they are not published.
 */
export function whyProject(dir: string, projectDir: string): string | null {
  const names = namesIn(dir)
  if (names === null) return null
  const marks = marksOf(dir, projectDir)
  if (marks.length > 0) {
    const more = marks.length - MAX_LISTED
    const quoted = marks.slice(0, MAX_LISTED).map((name) => `\`${name}\``)
    if (more > 0) quoted.push(`${more} more of the kind`)
    return `holds ${listed(quoted)}: it is a project with its sources, not what a build writes`
  }
  const [real, project] = [realpathSync(dir), realIfThere(projectDir)]
  if (real === project) return null
  // guard: a folder around the project is refused
  if (isWithin(project, real)) return `contains the project folder \`${projectDir}\``
  // guard: another site's folder is refused
  return names.includes(PROJECT_FILE) && isOfOtherSite(dir, projectDir)
    ? 'is the folder of another site, as its sitedrive.json says'
    : null
}

/** The names in a folder that would be published and identify it as a project. */
function marksOf(dir: string, projectDir: string): string[] {
  return withoutIgnored(projectMarks(namesIn(dir) ?? []), projectDir).filter(
    (name) => !isCopied(name, dir, projectDir)
  )
}

/** null: it cannot be read; the walk reports the error later. */
function namesIn(dir: string): string[] | null {
  try {
    return readdirSync(dir)
  } catch {
    return null
  }
}

function suggestFolder(dir: string): string {
  // Only folders with a page, because some generators use these names for sources.
  const outputs = OUTPUT_FOLDERS.filter((name) => existsSync(path.join(dir, name, 'index.html')))
  if (outputs.length === 0) return 'Publish the folder that the build writes, such as `_site` or `dist`.'
  const quoted = outputs.map((name) => `\`${path.join(dir, name)}\``)
  return `Publish what the build wrote: ${quoted.join(' or ')}.`
}

function withoutIgnored(names: readonly string[], projectDir: string): string[] {
  if (names.length === 0) return []
  const ignored = readPatterns(ignoreFileOf(projectDir))
  return names.filter(
    (name) =>
      !ignored?.ignores(name) &&
      !ignored?.ignores(`${name}/`) &&
      // What is let in by its name is part of the site.
      !ignored?.letsIn(`${name}/`, name) &&
      !ignored?.mayLetInBelow(name, name)
  )
}

/**
 * Whether a file is a copy of the project's own file. Some generators, such as Jekyll, copy unknown files to their output, so
 * inside the project and beside a page such a file does not count.
 */
function isCopied(name: string, dir: string, projectDir: string): boolean {
  if (path.resolve(dir) === path.resolve(projectDir) || !isWithin(dir, projectDir)) return false
  if (!existsSync(path.join(dir, 'index.html'))) return false
  try {
    return readFileSync(path.join(dir, name)).equals(readFileSync(path.join(projectDir, name)))
  } catch {
    return false // a folder, or only in one of the two
  }
}

/** Whether the folder has the `sitedrive.json` of another site. A generator's copy of this project's own file does not count. */
function isOfOtherSite(dir: string, projectDir: string): boolean {
  const key = readKey(path.join(dir, PROJECT_FILE))
  return key !== null && key !== readKey(path.join(projectDir, PROJECT_FILE))
}

function readKey(file: string): string | null {
  try {
    const { key } = JSON.parse(writtenText(readFileSync(file)).text) as { key?: unknown }
    return typeof key === 'string' ? key : null
  } catch {
    return null // missing or damaged
  }
}

function realIfThere(dir: string): string {
  try {
    return realpathSync(dir)
  } catch {
    return path.resolve(dir)
  }
}
