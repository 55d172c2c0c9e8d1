import { plural, printable } from '@sitedrive/core/internal'
import type { Copied } from '@sitedrive/reader'
import type { Screen } from '@sitedrive/terminal'

/** More paths than this are only counted; `--json` has more. */
const MAX_SHOWN = 20

/** Names what is not in a copy. */
export function showLeftOut(
  screen: Screen,
  { leftOut, leftOutCount }: Pick<Copied, 'leftOut' | 'leftOutCount'>
): void {
  if (leftOutCount === 0) return
  screen.warn(`The copy is a part of the site: ${plural(leftOutCount, 'file')} could not be copied:`)
  for (const { path, why } of leftOut.slice(0, MAX_SHOWN)) screen.info(`  ${printable(path)}: ${why}`)
  if (leftOutCount > MAX_SHOWN)
    screen.info(`  … and ${leftOutCount - MAX_SHOWN} more: \`--json\` names them.`)
}
