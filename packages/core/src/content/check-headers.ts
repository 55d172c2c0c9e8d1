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
  address: {
    why: 'and what stands under it is for one host name',
    remedy: 'Write the path alone, such as `/*`, or delete the block.'
  },
  path: {
    why: 'is a path that mirrors do not understand',
    remedy: `Use at most ${MAX_PLACEHOLDERS} \`*\` or \`:placeholders\`; beside a placeholder \`*\` can only be the last segment.`
  },
  outside: {
    why: 'stands under no path',
    remedy: 'Write a path such as `/*` on a line before it.'
  },
  'no-colon': { why: 'is not a header', remedy: 'Write it as `Name: value` or `! Name`, or delete it.' },
  value: {
    why: 'has a value that is empty or not ASCII',
    remedy: 'Write it with ASCII characters, or delete it.'
  }
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['x-frame-options', 'Write `Content-Security-Policy: frame-ancestors …`, which says the same.'],
  [
    'strict-transport-security',
    'Whoever runs a mirror decides on it. Delete it, or keep it for another host.'
  ],
  ['set-cookie', 'Set the cookie by a script in the page.']
])

/** Finds lines of `_headers` that mirrors pass over: mistakes, and headers that a site cannot set. */
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
  for (const { line, text, fault, name } of readHeadersFile(written).unusable) {
    if (fault === 'name') {
      reportName(name, text, line, findings)
      continue
    }
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

/** One finding for each name, at the first line that has it. */
function reportName(name: string, text: string, line: number, findings: FindingList): void {
  findings.add(`header name ${name}`, HEADERS_PATH, line, () => {
    // A password: it is not repeated.
    if (name === 'basic-auth') {
      return {
        check: 'header-rule',
        level: 'error',
        value: null,
        what: () =>
          '`Basic-Auth` asks for a password, and mirrors do not: whatever is there would be public.',
        remedy: 'Leave those files out of the site: `.sitedriveignore` takes their paths.'
      }
    }
    return {
      check: 'header-rule',
      level: 'warning',
      value: text,
      what: () => `The line ${quoted(text)} is about a header that a site cannot set; mirrors pass it over.`,
      remedy: REMEDIES.get(name) ?? 'Delete it, or keep it for another host.'
    }
  })
}
