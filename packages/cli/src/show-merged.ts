import { plural, printable } from '@sitedrive/core/internal'
import type { MergedFile } from '@sitedrive/reader'
import { EXIT, type Screen } from '@sitedrive/terminal'

/**
 * Shows what became of files that another site has changed.
 *
 * @param says sentences without their ends, for no file and for some
 * @returns the exit code: failed when there are conflicts
 */
export function showMerged(
  screen: Screen,
  files: readonly MergedFile[],
  { nothing, some }: { nothing: string; some: string }
): number {
  const conflicts = files.filter(({ did }) => did === 'conflict')
  const exitCode = conflicts.length === 0 ? EXIT.done : EXIT.failed
  if (screen.isJson) return exitCode
  screen.print(files.length === 0 ? nothing : `${some}: ${counted(files)}`)
  for (const { path, did } of files)
    if (did !== 'conflict') screen.info(`  ${did.padEnd(8)} ${printable(path.slice(1))}`)
  for (const { path, why } of conflicts) screen.warn(`${printable(path.slice(1))}: ${why}.`)
  if (conflicts.length > 0) screen.print('All else was taken over. Resolve these.')
  return exitCode
}

function counted(files: readonly MergedFile[]): string {
  const kinds = ['added', 'updated', 'merged', 'removed', 'conflict'] as const
  return kinds
    .flatMap((kind) => {
      const count = files.filter(({ did }) => did === kind).length
      if (count === 0) return []
      return kind === 'conflict' ? plural(count, 'conflict') : `${count} ${kind}`
    })
    .join(', ')
}
