import { grouped, plural } from '../report.js'
import type { FileChange, PageChange } from './contract.js'

/** `1 new page: “Title”; 3 changed; 1 removed`, never empty. */
export function summaryWords(pages: readonly PageChange[], files: readonly FileChange[]): string {
  const parts: string[] = []
  const count = (op: PageChange['op']) => pages.filter((page) => page.op === op && !page.noise)
  const added = count('add')
  if (added.length) parts.push(`${plural(added.length, 'new page')}`)
  if (count('change').length) parts.push(`${grouped(count('change').length)} changed`)
  if (count('remove').length) parts.push(`${grouped(count('remove').length)} removed`)
  return parts.join('; ') || plural(files.length, 'file') + ' changed'
}
