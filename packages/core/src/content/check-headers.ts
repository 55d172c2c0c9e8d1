import {
  MAX_HEADER_BLOCKS,
  MAX_HEADER_LINE,
  readHeadersFile,
  type HeaderFault
} from '../site-rules/headers-file.js'
import { MAX_PLACEHOLDERS } from '../site-rules/path-pattern.js'
import { HEADERS_PATH, MAX_RULE_FILE_BYTES } from '../site-rules/rule-file.js'
import type { SiteView } from './content-types.js'
import { describeTooLarge } from './describe-too-large.js'
import { quoted, type FindingList } from './finding-list.js'
import { misread } from './misread-rules.js'
import { writtenText } from '../written-text.js'

/** `why` completes the sentence “the line …”. */
const FAULTS: Readonly<Record<Exclude<HeaderFault, 'name'>, { why: string; remedy: string }>> = {
  'line-length': {
    why: `is longer than ${MAX_HEADER_LINE} characters`,
    remedy: 'Shorten it, or delete it.'
  },
  'block-count': {
    why: `and those after it are too many: at most ${MAX_HEADER_BLOCKS} paths are read`,
    remedy: 'Join paths with `*` or `:placeholders`.'
  },
  'no-path': {
    why: 'is neither indented nor a path of this site',
    remedy: 'Begin a path with `/`, and indent the headers under it.'
  },
  path: {
    why: 'is a path that mirrors do not understand',
    remedy: `Use at most ${MAX_PLACEHOLDERS} \`*\` or \`:placeholders\`; beside a placeholder \`*\` can only be the last segment.`
  },
  outside: {
    why: 'stands under no path',
    remedy: 'Write a path such as `/*` on a line before it, without white space in front.'
  },
  'no-colon': { why: 'is not a header', remedy: 'Write it as `Name: value` or `! Name`, or delete it.' },
  value: {
    why: 'has a value that is empty or not ASCII',
    remedy: 'Write it with ASCII characters, or delete it.'
  }
}

/** Finds mistakes in `_headers`: lines that mirrors pass over. */
export async function checkHeaders(now: SiteView, findings: FindingList): Promise<void> {
  const bytes = now.files.get(HEADERS_PATH)?.bytes ?? 0
  if (bytes > MAX_RULE_FILE_BYTES) {
    findings.add('header size', HEADERS_PATH, null, () => ({
      check: 'header-rule',
      level: 'warning',
      value: null,
      what: () => describeTooLarge(HEADERS_PATH, bytes),
      remedy: 'Join paths with `*` or `:placeholders`.'
    }))
    return
  }
  const content = await now.read(HEADERS_PATH, MAX_RULE_FILE_BYTES)
  if (!content) return
  const { text: written, fault: textFault } = writtenText(content)
  if (textFault !== null) {
    findings.add('header text', HEADERS_PATH, textFault.line, () =>
      misread('header-rule', HEADERS_PATH, textFault)
    )
    // What is found in such a text is no mistake of its own.
    if (textFault.kind !== 'encoding') return
  }
  for (const { line, text, fault } of readHeadersFile(written).unusable) {
    // Many sites set such headers for other hosts, and no reader misses them.
    if (fault === 'name') continue
    const { why, remedy } = FAULTS[fault]
    findings.add(`header ${fault} ${line}`, HEADERS_PATH, line, () => ({
      check: 'header-rule',
      level: 'warning',
      value: text,
      what: () => `The line ${quoted(text)} ${why}; mirrors pass it over.`,
      remedy
    }))
  }
}
