/** What stands in a page for its reader to type, or to write into a file, in the order of the page. */
export type Example = ShellExample | FileExample

export interface ShellExample {
  kind: 'shell'
  /** Of the fence in the page, from 1. */
  line: number
  marks: Marks
  /** `console`: commands with what they print. `sh`: one script, whose output is not compared. */
  steps: { kind: 'console'; commands: ExampleCommand[] } | { kind: 'sh'; script: string }
}

export interface ExampleCommand {
  line: number
  command: string
  /** Lines below the command, without empty ones. */
  expected: string[]
}

export interface FileExample {
  kind: 'file'
  line: number
  /** Below the example's folder. */
  name: string
  content: string
}

/** What a comment before a block says. */
export interface Marks {
  /** The project that it begins with; null: it goes on where the block before it ended. */
  project: ProjectName | null
  /** What the project has already. */
  has: ReadonlySet<ProjectState>
  /** Takes more than a few seconds. */
  isLong: boolean
  /** The last command ends with another exit code than 0. */
  fails: boolean
  /** The last command goes on while the rest of the page is run. */
  staysUp: boolean
  /** Why it cannot be run; null when it can. */
  notRun: string | null
}

export type ProjectName = 'empty' | 'site' | 'eleventy-blog' | 'vite-site' | 'jekyll-blog' | 'hugo-site'
export type ProjectState = 'key' | 'peer' | 'seeded' | 'published'

const PROJECTS: readonly string[] = [
  'empty',
  'site',
  'eleventy-blog',
  'vite-site',
  'jekyll-blog',
  'hugo-site'
]
const STATES: readonly string[] = ['key', 'peer', 'seeded', 'published']
const SHELLS = ['sh', 'bash', 'shell', 'console']
/** A comment on the first line, such as `// vite.config.mjs: also for Astro`. */
const NAMED_IN_COMMENT =
  /^(?:\/\/|#|<!--)\s*((?:[\w.-]+\/)*(?:[\w-]+\.[\w.-]*\w|\.\w[\w.-]*))(?=\s*(?:$|:|-->|,))/
const NAME = /^(?!\.\.?\/)(?:[\w.-]+\/)*[\w.-]*\.\w+$/

/**
 * Finds the examples of a page.
 *
 * @param markdown the page
 * @throws with the line, when a mark says what is not known
 */
export function parseExamples(markdown: string): Example[] {
  const lines = markdown.split('\n')
  const examples: Example[] = []
  let comment = ''
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', fence, info = ''] = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(lines[at] ?? '') ?? []
    if (fence === undefined) {
      const text = (lines[at] ?? '').trim()
      const [, words] = /^<!--\s*(.*?)\s*-->$/.exec(text) ?? []
      if (words !== undefined) comment = words
      else if (text !== '') comment = ''
      continue
    }
    const line = at + 1
    const content: string[] = []
    while (++at < lines.length && (lines[at] ?? '').trim() !== fence)
      content.push(
        (lines[at] ?? '').startsWith(indent) ? (lines[at] ?? '').slice(indent.length) : (lines[at] ?? '')
      )
    const [language = '', named = ''] = info.split(/\s+/)
    if (SHELLS.includes(language))
      examples.push(shellExample(content, line, language, parseMarks(comment, line)))
    else {
      const name = NAME.test(named) ? named : NAMED_IN_COMMENT.exec(content[0] ?? '')?.[1]
      if (name !== undefined) examples.push({ kind: 'file', line, name, content: `${content.join('\n')}\n` })
    }
    comment = ''
  }
  return examples
}

function shellExample(content: string[], line: number, language: string, marks: Marks): ShellExample {
  if (language !== 'console')
    return { kind: 'shell', line, marks, steps: { kind: 'sh', script: content.join('\n') } }
  const commands: ExampleCommand[] = []
  for (const [at, text] of content.entries()) {
    const last = commands.at(-1)
    if (text.startsWith('$ ')) commands.push({ line: line + at + 1, command: text.slice(2), expected: [] })
    else if (text.startsWith('> ') && last?.expected.length === 0) last.command += `\n${text.slice(2)}`
    else if (text.trim() !== '') {
      if (!last && marks.notRun === null)
        throw new Error(`line ${line + at + 1}: a \`console\` block begins with \`$ \` and a command`)
      last?.expected.push(text.trimEnd())
    }
  }
  return { kind: 'shell', line, marks, steps: { kind: 'console', commands } }
}

function parseMarks(comment: string, line: number): Marks {
  const marks = { project: null as ProjectName | null, has: new Set<ProjectState>() }
  const flags = { isLong: false, fails: false, staysUp: false, notRun: null as string | null }
  const [, reason] = /^not run:\s*(.*)$/.exec(comment) ?? []
  if (reason !== undefined) {
    if (reason.length < 10) throw new Error(`line ${line}: \`not run\` says why`)
    return { ...marks, ...flags, notRun: reason }
  }
  const [, words] = /^example:\s*(.*)$/.exec(comment) ?? []
  for (const word of words?.split(/\s*,\s*/) ?? []) {
    if (PROJECTS.includes(word)) marks.project = word as ProjectName
    else if (STATES.includes(word)) marks.has.add(word as ProjectState)
    else if (word === 'long') flags.isLong = true
    else if (word === 'fails') flags.fails = true
    else if (word === 'stays up') flags.staysUp = true
    else
      throw new Error(
        `line ${line}: \`${word}\` is no mark; known are ${[...PROJECTS, ...STATES, 'long', 'fails', 'stays up'].join(', ')}`
      )
  }
  if (marks.has.size > 0 && marks.project === null)
    throw new Error(`line ${line}: \`${[...marks.has].join(', ')}\` needs the project that it is about`)
  return { ...marks, ...flags }
}
