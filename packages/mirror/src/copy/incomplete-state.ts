import type { DriveState, FollowedDrive } from '@sitedrive/core/drive'
import { SharedState, type CompleteState } from './held-state.js'

/**
 * A state of a drive of which not all is on this machine: what is read is fetched from a peer first. Each file is compared with
 * what its author signed when it is sent.
 *
 * @param stallMs how long a reader may wait for a block. Milliseconds
 */
export function incompleteState(
  copy: Pick<FollowedDrive, 'at' | 'hurry'>,
  state: DriveState,
  { stallMs, onDamaged }: { stallMs: number; onDamaged?: CompleteState['onDamaged'] }
): SharedState {
  const drive = copy.at(state.version)
  /** A visitor may read as slowly as they like, so it ends by itself. */
  const hurry = () => {
    const end = copy.hurry()
    setTimeout(end, stallMs).unref()
    return end
  }
  return new SharedState(
    {
      ...state,
      ...(onDamaged && { onDamaged }),
      drive: {
        entry: (file) => drive.entry(file, stallMs).finally(hurry()),
        stream: (blob, range) => drive.stream(blob, { ...range, timeoutMs: stallMs }).once('close', hurry())
      }
    },
    () => void drive.close().catch(() => {}) // already closed with the copy
  )
}
