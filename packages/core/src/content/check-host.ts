import { parse as parseToml } from 'smol-toml'
import type { HtmlFacts, SiteView } from './content-types.js'
import { plural } from '../text.js'
import { writtenText } from '../written-text.js'
import { quoted, type FindingList } from './finding-list.js'
import type { ProjectFiles } from './project-files.js'
import type { Targets } from './reference-target.js'

const NOBODY_RUNS = 'no server reads it, so what it says does not happen'
const RULES_REMEDY =
  'Write redirects into `_redirects` and headers into `_headers` of the output, which mirrors honour; what needs a server must be elsewhere.'

/** Files of an output that only the servers of one host understand. */
const HOST_FILES: readonly (readonly [pattern: RegExp, key: string, remedy: string])[] = [
  [
    /^\/(?:netlify\.toml|vercel\.json|now\.json|wrangler\.(?:toml|jsonc?)|staticwebapp\.config\.json|firebase\.json)$/,
    '',
    RULES_REMEDY
  ],
  [/\/(?:\.?htaccess|web\.config)$/i, '', RULES_REMEDY],
  [
    /^\/_worker\.js(?:\/|$)|^\/_routes\.json$/,
    'worker',
    'Do in a script of the page what the worker does, or run it elsewhere and link to it; then leave it out of the output.'
  ],
  [
    /^\/functions\/.*\.(?:[cm]?[jt]s|go|py|rb)$/,
    'functions',
    'Do in a script of the page what the functions do, or run them elsewhere and call that address; then leave them out of the output.'
  ]
]

/** Reports files in the output that need a host's servers. A drive has none: the files would be shown as text. */
export function checkHostFiles({ files }: SiteView, findings: FindingList): void {
  for (const path of [...files.keys()].sort()) {
    const found = HOST_FILES.find(([pattern]) => pattern.test(path))
    if (!found) continue
    const [, key, remedy] = found
    findings.add(`host ${key || path}`, path, null, () => ({
      check: 'host-file',
      level: 'warning',
      value: path,
      what: (count) =>
        `${quoted(path)}${count === 1 ? '' : ` and ${plural(count - 1, 'more file')}`} ${count === 1 ? 'is' : 'are'} for another host: ${NOBODY_RUNS}.`,
      remedy
    }))
  }
}

interface HostConfig {
  name: string
  /** Names of the settings that are lost. */
  lost: (text: string) => string[]
}

const HOST_CONFIGS: readonly HostConfig[] = [
  {
    name: 'netlify.toml',
    lost: (text) => named(parseToml(text), ['redirects', 'headers', 'functions', 'edge_functions'])
  },
  {
    name: 'vercel.json',
    lost: (text) =>
      named(JSON.parse(text), ['redirects', 'rewrites', 'headers', 'routes', 'functions', 'crons'])
  },
  { name: 'wrangler.toml', lost: (text) => named(parseToml(text), ['main', 'triggers', 'routes']) },
  { name: 'wrangler.json', lost: (text) => named(JSON.parse(text), ['main', 'triggers', 'routes']) },
  { name: 'wrangler.jsonc', lost: (text) => (/^\s*"main"\s*:/m.test(text) ? ['main'] : []) }
]

const FUNCTION_FOLDERS = ['netlify/functions', 'netlify/edge-functions', 'functions']
const FUNCTION_HOSTS = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc', 'firebase.json']
const MAX_SCRIPTS = 20
const MAX_CONFIG_BYTES = 256 * 1024

/**
 * Reports rules and functions for another host that lie in the project and would be lost silently. A file that only says
 * how to build is not reported.
 */
export function checkHostConfig(project: ProjectFiles, findings: FindingList): void {
  for (const { name, lost } of HOST_CONFIGS) {
    const text = read(project, name)
    const names = text === '' ? [] : lostIn(lost, text)
    if (names.length === 0) continue
    findings.add(`config ${name}`, `/${name}`, null, () => ({
      check: 'host-file',
      level: 'warning',
      value: name,
      source: name,
      what: () =>
        `${quoted(name)} has ${names.map((word) => quoted(word)).join(', ')} for another host, which a drive does not honour.`,
      remedy: RULES_REMEDY
    }))
  }
  for (const folder of FUNCTION_FOLDERS) {
    const scripts = project.list(folder).filter((name) => /\.(?:[cm]?[jt]s|go)$/.test(name))
    const [script] = scripts
    if (script === undefined || (folder === 'functions' && !isHosts(project, folder, scripts))) continue
    findings.add(`config ${folder}`, `/${folder}/${script}`, null, () => ({
      check: 'host-file',
      level: 'warning',
      value: folder,
      source: `${folder}/${script}`,
      what: () =>
        `The functions in ${quoted(`${folder}/`)} need another host's servers: nothing runs them in a drive.`,
      remedy: 'Do in a script of the page what they do, or run them elsewhere and call that address.'
    }))
  }
}

/** Whether a folder with a common name belongs to a host: one is configured, or a script exports what Cloudflare Pages calls. */
function isHosts(project: ProjectFiles, folder: string, scripts: readonly string[]): boolean {
  const isConfigured = FUNCTION_HOSTS.some((name) => project.read(name, 1) !== null)
  return (
    isConfigured ||
    scripts.slice(0, MAX_SCRIPTS).some((name) => /\bonRequest/.test(read(project, `${folder}/${name}`)))
  )
}

function read(project: ProjectFiles, name: string): string {
  return writtenText(project.read(name, MAX_CONFIG_BYTES) ?? new Uint8Array()).text
}

function lostIn(lost: HostConfig['lost'], text: string): string[] {
  try {
    return lost(text)
  } catch {
    // The host's own tools report what is wrong in it.
    return []
  }
}

function named(config: unknown, names: readonly string[]): string[] {
  if (typeof config !== 'object' || config === null) return []
  return names.filter((name) => name in config)
}

/** Reports forms that need a server. */
export function checkForms(
  facts: ReadonlyMap<string, HtmlFacts>,
  targets: Targets,
  findings: FindingList
): void {
  for (const [path, { serverForms, base }] of facts) {
    for (const { action, needs, line } of serverForms) {
      const target = targets.of(action, path, base)
      if (needs === 'post' && target.kind !== 'here') continue
      // A form without an address may be handled by a script of the page.
      const isCertain = needs === 'netlify' || action !== ''
      findings.add(`form ${needs} ${action}`, path, line, () => ({
        check: 'host-form',
        level: isCertain ? 'error' : 'warning',
        value: action,
        what: (count) =>
          (needs === 'netlify'
            ? "The form asks Netlify's servers to take what is sent"
            : `The form posts to ${action === '' ? 'its own page' : quoted(action)}, and there is no server`) +
          (count === 1 ? '.' : `, on ${plural(count, 'page')}.`),
        remedy:
          (isCertain ? '' : 'If a script of the page takes it, all is well: leave `method` out. Else: ') +
          'Send it to a form service by its whole address (`action="https://…"`), or offer a `mailto:` link.'
      }))
    }
  }
}
