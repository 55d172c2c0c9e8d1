/** A `_redirects` file as mirrors read it. */
export interface RedirectRules {
  /** Whether a rule answers for a path that no file is at. @param path decoded */
  answersFor(path: string): boolean
  /** Lines that mirrors do not honour. One of them makes the whole file unusable. */
  problems: RedirectProblem[]
}

export interface RedirectProblem {
  /** From 1. */
  line: number
  text: string
  /** Completes the sentence “the rule …”. */
  why: string
  remedy: string
}

export const NO_REDIRECTS: RedirectRules = { answersFor: () => false, problems: [] }

/** As the mirrors' own limits. Bytes, rules, characters. */
export const MAX_REDIRECTS_BYTES = 64 * 1024
const MAX_RULES = 2_000
const MAX_LINE = 1_000

const STATUSES = /^(?:200|30[12378]|404|410|451)$/
const SHOWN_STATUSES = /^(?:200|404|410|451)$/

/**
 * Reads a `_redirects` file for what it means and what it cannot mean here. The grammar is the one that `@sitedrive/mirror`
 * serves by: `from to [status][!]`, `:placeholder` for a segment, `*` for the rest; pages are shown of the same site only.
 */
export function readRedirects(text: string): RedirectRules {
  const exact = new Set<string>()
  const patterns: RegExp[] = []
  const problems: RedirectProblem[] = []
  let rules = 0
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    const words = line.trim().split(/\s+/)
    // A `#` inside a word belongs to a target's fragment.
    const comment = words.findIndex((word) => word.startsWith('#'))
    const [from = '', target = '', status = '301', ...more] = comment === -1 ? words : words.slice(0, comment)
    if (from === '') continue
    rules++
    const problem = problemOf({ line, from, target, status, more, rules })
    if (problem) problems.push({ line: at + 1, text: line.trim(), ...problem })
    const path = decoded(from)
    if (!path?.startsWith('/') || status.startsWith('404')) continue
    if (/[:*]/.test(path)) patterns.push(pattern(path))
    else exact.add(path)
  }
  return { answersFor: (path) => exact.has(path) || patterns.some((rule) => rule.test(path)), problems }
}

interface Rule {
  line: string
  from: string
  target: string
  status: string
  more: readonly string[]
  rules: number
}

type Problem = Omit<RedirectProblem, 'line' | 'text'>

const NAME_PATH_TARGET_STATUS = 'Write it as `/from /to 301`, or delete it.'

function problemOf({ line, from, target, status, more, rules }: Rule): Problem | null {
  if (line.length > MAX_LINE) {
    return { why: `is longer than ${MAX_LINE} characters`, remedy: 'Shorten it, or delete it.' }
  }
  // Those after it are too many as well.
  if (rules === MAX_RULES + 1) {
    return {
      why: `is one too many: at most ${MAX_RULES} are read`,
      remedy: 'Join rules with `*` or `:placeholders`.'
    }
  }
  const condition = [target, status, ...more].find((word) => /^(?:Country|Language|Role|Cookie)=/i.test(word))
  if (condition !== undefined) {
    return {
      why: `asks for \`${condition}\`, which only a host's own server can know of a reader`,
      remedy: 'Delete it, or let one rule do for all readers.'
    }
  }
  if (/^\w[\w-]*=:?\w*$/.test(target)) {
    return {
      why: `asks for a query (\`${target}\`), which mirrors do not look at`,
      remedy: NAME_PATH_TARGET_STATUS
    }
  }
  if (!from.startsWith('/')) {
    return {
      why: `begins with \`${from}\`, not with a path of this site`,
      remedy: 'Begin it with a path such as `/old`, or delete it.'
    }
  }
  if (decoded(from) === null || from.slice(0, -1).includes('*') || /[^/]\*$/.test(from)) {
    return {
      why: 'has an `*` that is not its last segment, or a malformed path',
      remedy: NAME_PATH_TARGET_STATUS
    }
  }
  if (target === '') return { why: 'names no target', remedy: NAME_PATH_TARGET_STATUS }
  const code = status.replace(/!$/, '')
  if (!STATUSES.test(code)) {
    return {
      why: `has the status \`${status}\`, which mirrors do not know`,
      remedy: 'Use 200, 301, 302, 303, 307, 308, 404, 410 or 451.'
    }
  }
  if (more.length > 0)
    return { why: 'has more than a path, a target and a status', remedy: NAME_PATH_TARGET_STATUS }
  const isLocal = /^\/(?![/\\])/.test(target)
  if (isLocal) return null
  if (SHOWN_STATUSES.test(code)) {
    return {
      why: `shows \`${target}\` under an address of this site, for which a server would have to fetch it`,
      remedy: 'Send readers there with 302 instead of 200, or call that address from a script in the page.'
    }
  }
  return /^https?:\/\/[^/\\]/i.test(target) && URL.canParse(target)
    ? null
    : {
        why: `leads to \`${target}\`, which is neither a path nor a web address`,
        remedy: NAME_PATH_TARGET_STATUS
      }
}

/** Each part takes exactly one segment, so nothing is tried twice. */
function pattern(path: string): RegExp {
  const segments = path.split('/').map((segment, at, all) => {
    if (segment === '*' && at === all.length - 1) return '.*'
    return /^:[A-Za-z]\w*$/.test(segment) ? '[^/]+' : segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}$`, 's')
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
