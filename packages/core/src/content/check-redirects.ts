import { MAX_PLACEHOLDERS } from '../site-rules/path-pattern.js'
import {
  MAX_PATTERN_REDIRECTS,
  MAX_REDIRECT_LINE,
  MAX_REDIRECTS,
  readRedirectsFile,
  redirectMatcher,
  type RedirectFault,
  type RedirectsFile
} from '../site-rules/redirects-file.js'
import { MAX_RULE_FILE_BYTES, REDIRECTS_PATH } from '../site-rules/rule-file.js'
import type { SiteView } from './content-types.js'
import { describeTooLarge } from './describe-too-large.js'
import { quoted, type FindingList } from './finding-list.js'
import { misread } from './misread-rules.js'
import { writtenText, type TextFault } from '../written-text.js'

const NAME_PATH_TARGET_STATUS = 'Write it as `/from /to 301`, or delete it.'

interface FaultWords {
  fault: RedirectFault
  /** Completes the sentence “the rule …”. @param word the one that has the fault */
  why: (word: string) => string
  remedy: string
}

/** A finding is about the first of these that a line has. */
const FAULTS: readonly FaultWords[] = [
  {
    fault: 'line-length',
    why: () => `is longer than ${MAX_REDIRECT_LINE} characters`,
    remedy: 'Shorten it, or delete it.'
  },
  {
    fault: 'rule-count',
    why: () => `is one too many: at most ${MAX_REDIRECTS} are read`,
    remedy: 'Join rules with `*` or `:placeholders`.'
  },
  {
    fault: 'pattern-count',
    why: () => `is one too many: at most ${MAX_PATTERN_REDIRECTS} with \`*\` or \`:placeholders\` are read`,
    remedy: 'Let one rule with a `*` do for several, or write paths out.'
  },
  {
    fault: 'condition',
    why: (word) => `asks for \`${word}\`, which only a host's own server can know of a reader`,
    remedy: 'Delete it, or let one rule do for all readers.'
  },
  {
    fault: 'query',
    why: (word) => `asks for a query (\`${word}\`), which mirrors do not look at`,
    remedy: NAME_PATH_TARGET_STATUS
  },
  {
    fault: 'from',
    why: (word) => `begins with ${quoted(word)}, which is neither a path nor a web address`,
    remedy: 'Begin it with a path such as `/old`, or delete it.'
  },
  {
    fault: 'from-query',
    why: (word) => `asks for the query of ${quoted(word)}, which mirrors do not look at`,
    remedy: 'Leave out what begins with `?`; the query of a request is passed on.'
  },
  {
    fault: 'from-fragment',
    why: (word) => `asks for the fragment of ${quoted(word)}, which browsers do not send`,
    remedy: 'Leave out what begins with `#`.'
  },
  {
    fault: 'path',
    why: () => 'has an `*` that is not its last segment, or a malformed path',
    remedy: NAME_PATH_TARGET_STATUS
  },
  {
    fault: 'placeholder-count',
    why: () => `has more than ${MAX_PLACEHOLDERS} placeholders`,
    remedy: 'Let a `*` at the end stand for the last of them.'
  },
  {
    fault: 'placeholder-part',
    why: (word) => `has the placeholder ${quoted(word)}, which is not a whole part between slashes`,
    remedy: 'Let the placeholder stand for the whole part, as in `/news/:page`.'
  },
  {
    fault: 'placeholder-twice',
    why: (word) => `has the placeholder ${quoted(word)} twice`,
    remedy: 'Give the second a name of its own.'
  },
  {
    fault: 'splat',
    why: () => 'has `:splat` in its target, and no `*` that it could stand for',
    remedy: 'End its path with `/*`, or take `:splat` out.'
  },
  { fault: 'no-target', why: () => 'names no target', remedy: NAME_PATH_TARGET_STATUS },
  {
    fault: 'status',
    why: (word) => `has the status \`${word}\`, which mirrors do not know`,
    remedy: 'Use 200, 301, 302, 303, 307, 308, 404, 410 or 451.'
  },
  {
    fault: 'more',
    why: () => 'has more than a path, a target and a status',
    remedy: NAME_PATH_TARGET_STATUS
  },
  {
    fault: 'shown-elsewhere',
    why: (word) =>
      `shows \`${word}\` under an address of this site, for which a server would have to fetch it`,
    remedy: 'Send readers there with 302 instead of 200, or call that address from a script in the page.'
  },
  {
    fault: 'target',
    why: (word) => `leads to \`${word}\`, which is neither a path nor a web address`,
    remedy: NAME_PATH_TARGET_STATUS
  }
]

export interface SiteRedirects extends RedirectsFile {
  /** null: the file is read as it was meant. */
  textFault: TextFault | null
}

/** The site's `_redirects` as mirrors use it; one without a line when the site has none, or one that is too large. */
export async function siteRedirects(now: SiteView): Promise<SiteRedirects> {
  const isUsed = (now.files.get(REDIRECTS_PATH)?.bytes ?? 0) <= MAX_RULE_FILE_BYTES
  const bytes = isUsed ? await now.read(REDIRECTS_PATH, MAX_RULE_FILE_BYTES) : null
  const { text, fault } = writtenText(bytes ?? new Uint8Array())
  return { ...readRedirectsFile(text), textFault: fault }
}

/**
 * Whether `_redirects` answers for a decoded path that no file is at. A rule that says 404 does not, nor does one for a single
 * host name. A rule that cannot be used does, although mirrors pass over it: the finding about the rule is enough. A rule for
 * all paths is no reason to be silent about all links.
 */
export function answeredBy({ rules, unusable }: RedirectsFile): (path: string) => boolean {
  const match = redirectMatcher(rules)
  const meant = unusable.filter(({ status, text }) => !status.startsWith('404') && !/^\/\*\s/.test(text))
  return (path) => {
    const [found] = match(path)
    return found ? found.rule.status !== 404 : meant.some(({ matches }) => matches?.(path))
  }
}

/** Finds rules that mirrors pass over. */
export function checkRedirects(
  { unusable, textFault }: SiteRedirects,
  { files }: SiteView,
  findings: FindingList
): void {
  const bytes = files.get(REDIRECTS_PATH)?.bytes ?? 0
  if (bytes > MAX_RULE_FILE_BYTES) {
    findings.add('redirect size', REDIRECTS_PATH, null, () => ({
      check: 'redirect-rule',
      level: 'error',
      value: null,
      what: () => describeTooLarge(REDIRECTS_PATH, bytes),
      remedy: 'Join rules with `*` or `:placeholders`, or delete the oldest.'
    }))
    return
  }
  if (textFault !== null) {
    findings.add('redirect text', REDIRECTS_PATH, textFault.line, () =>
      misread('redirect-rule', REDIRECTS_PATH, textFault)
    )
    // What is found in such a text is no mistake of its own.
    if (textFault.kind !== 'encoding') return
  }
  for (const { line, text, faults } of unusable) {
    const words = FAULTS.find(({ fault }) => faults.has(fault))
    if (!words) continue
    const why = words.why(faults.get(words.fault) ?? '')
    findings.add(`redirect ${line}`, REDIRECTS_PATH, line, () => ({
      check: 'redirect-rule',
      level: 'error',
      value: text,
      what: () => `The rule ${quoted(text)} ${why}; mirrors pass it over.`,
      remedy: words.remedy
    }))
  }
}
