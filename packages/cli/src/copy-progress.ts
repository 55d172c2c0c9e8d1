import { formatBytes, plural } from '@sitedrive/core/internal'
import type { Extent } from '@sitedrive/reader'
import type { Screen } from '@sitedrive/terminal'

/** Shows how far a copy is. */
export function copyProgress(screen: Screen): (done: Extent, all: Extent) => void {
  return (done, all) =>
    screen.progress(
      `Copying: ${plural(done.files, 'file')} of ${all.files}, ${formatBytes(done.bytes)} of ${formatBytes(all.bytes)}`
    )
}
