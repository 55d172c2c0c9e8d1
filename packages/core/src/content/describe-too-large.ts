import { MAX_RULE_FILE_BYTES } from '../site-rules/rule-file.js'
import { formatBytes } from '../text.js'
import { quoted } from './finding-list.js'

/** Why mirrors use nothing of a `_redirects` or `_headers` file. */
export function describeTooLarge(path: string, bytes: number): string {
  return `${quoted(path)} has ${formatBytes(bytes)}, and mirrors use none that is larger than ${MAX_RULE_FILE_BYTES / 1024} KiB.`
}
