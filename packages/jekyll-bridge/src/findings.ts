import path from 'node:path'
import type { Finding as SiteFinding, Outcome } from '@sitedrive/core'
import type { LoggedEvent } from './jekyll-events.js'
import type { JekyllSettings, Setting } from './jekyll-settings.js'

/** A mistake that readers would see, although the build succeeded. */
export interface Finding {
  /** null: no file of the project contains it. */
  file: string | null
  line: number | null
  message: string
  /** The setting that causes it. */
  cause?: { setting: 'url' | 'baseurl'; value: string }
}

/** `_posts/a.md:2: …` */
export function describeFinding({ file, line, message }: Finding): string {
  if (file === null) return message
  return `${file}${line === null ? '' : `:${line}`}: ${message}`
}

/** The findings of core in the published site, with the additional fields of the bridge's findings. */
export function siteFindings(outcome: Outcome): (Finding & SiteFinding)[] {
  if (outcome.status === 'skipped') return []
  return outcome.notes.findings.map((found) => ({
    ...found,
    file: found.source ?? found.path,
    message: `${found.what} ${found.remedy}`
  }))
}

/** True when a finding in the site has a cause that was shown already. */
export function isReported({ check, source, value }: SiteFinding, reported: readonly Finding[]): boolean {
  if (check === 'base-url') return reported.some(({ cause }) => cause?.setting === 'baseurl')
  if (check === 'localhost-link') {
    return reported.some(({ cause }) => cause?.setting === 'url' && value?.startsWith(cause.value))
  }
  return check === 'front-matter' && reported.some(({ file }) => file !== null && file === source)
}

/** Jekyll's messages about pages that it built incorrectly. Each finding is listed once. */
export function findingsIn(logged: readonly LoggedEvent[], projectDir: string): Finding[] {
  const found = new Map<string, Finding>()
  for (const event of logged) {
    const finding = findingOf(event, projectDir)
    if (finding) found.set(describeFinding(finding), finding)
  }
  return [...found.values()]
}

function findingOf(event: LoggedEvent, projectDir: string): Finding | null {
  const badFrontMatter = frontMatterError(event, projectDir)
  if (badFrontMatter) {
    const { file, line, message } = badFrontMatter
    return { file, line, message: `its front matter is left out, for it cannot be read: ${message}` }
  }
  const text = `${event.topic} ${event.message}`
  const [, unreadable, why] = /Error reading file (.+?): (.*)/.exec(text) ?? []
  if (unreadable !== undefined) {
    return {
      file: relativeToProject(unreadable, projectDir),
      line: null,
      message: `it cannot be read: ${why}`
    }
  }
  const [, layout, page] = /Layout '(.*)' requested in (.+) does not exist/.exec(text) ?? []
  if (page !== undefined) {
    return {
      file: relativeToProject(page, projectDir),
      line: null,
      message: `there is no layout \`${layout}\`, so it has none`
    }
  }
  const [, problem, template] = /^Liquid Warning: (.*) in (.+)$/s.exec(text) ?? []
  if (problem !== undefined && template !== undefined) {
    return { file: relativeToProject(template, projectDir), line: null, message: problem }
  }
  return null
}

/** A page whose front matter is not valid YAML: Jekyll builds it without layout and title, and still exits with 0. */
export function frontMatterError(
  { topic, message }: LoggedEvent,
  projectDir: string
): (Finding & { column: number | null }) | null {
  const [, file, why = ''] = /YAML Exception reading (.+?): (.*)/s.exec(`${topic} ${message}`) ?? []
  if (file === undefined) return null
  const [, line, column] = /at line (\d+) column (\d+)/.exec(why) ?? []
  return {
    file: relativeToProject(file, projectDir),
    line: line === undefined ? null : Number(line),
    column: column === undefined ? null : Number(column),
    message: why.replace(/^\(<unknown>\): /, '').replace(/ at line \d+ column \d+$/, '')
  }
}

/** Settings that work on the author's machine only. */
export function settingFindings({ url, baseurl }: Pick<JekyllSettings, 'url' | 'baseurl'>): Finding[] {
  const findings: Finding[] = []
  if (typeof url?.value === 'string' && isOwnMachine(url.value)) {
    findings.push({
      ...placeOf(url),
      cause: { setting: 'url', value: url.value },
      message:
        `\`url: ${url.value}\` is this machine only, and feeds and absolute links lead there. ` +
        'Make it the address of the site’s mirror, or leave it out.'
    })
  }
  if (typeof baseurl?.value === 'string' && !/^\/?$/.test(baseurl.value)) {
    findings.push({
      ...placeOf(baseurl),
      cause: { setting: 'baseurl', value: baseurl.value },
      message:
        `\`baseurl: ${baseurl.value}\` leads links that are made with it to a folder that the site does not have: ` +
        'a published site is at the root of its address. Make it `baseurl: ""`.'
    })
  }
  return findings
}

function placeOf({ file, line }: Setting): Pick<Finding, 'file' | 'line'> {
  return { file: file ?? null, line }
}

function isOwnMachine(url: string): boolean {
  try {
    return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$/.test(new URL(url).hostname)
  } catch {
    return false
  }
}

/** The path of a file relative to the project folder; unchanged when it is outside. */
function relativeToProject(file: string, projectDir: string): string {
  const relative = path.relative(projectDir, path.resolve(projectDir, file))
  return relative.startsWith('..') ? file : relative.split(path.sep).join('/')
}
