import { setTimeout as pause } from 'node:timers/promises'
import type { Network } from '../holepunch/network.js'
import { encodeKey } from '../holepunch/site-key.js'
import type { PreviewDrive } from './preview-drive.js'

/** How long the compaction waits for peers to fetch what they lack. Milliseconds. */
const CATCH_UP_MS = 5_000
/** A peer that has no open request for this long is between two requests. Milliseconds. */
const BETWEEN_MS = 50
/** A peer that is not at the new fork after this time has missed it. Milliseconds. */
const LEFT_BEHIND_MS = 2_000
const POLL_MS = 5

/**
 * Compacts a drive that peers are following.
 *
 * In hypercore 11.37.1 a peer's connection ends when its requested blocks disappear before the answer, and a peer that
 * waits for blocks of the old fork may wait for ever. So this waits until no request is open, and reads nothing from
 * peers during the compaction. The connection of a peer that still missed the new fork is ended; the peer then comes back.
 *
 * @param isClosed whether the preview was closed meanwhile
 * @throws what `PreviewDrive.compact` throws
 */
export async function compactBetweenRequests(
  drive: PreviewDrive,
  network: Network,
  isClosed: () => boolean
): Promise<void> {
  const { writer } = drive
  let quietSince = performance.now()
  const endsAt = quietSince + CATCH_UP_MS
  while (performance.now() - quietSince < BETWEEN_MS && performance.now() < endsAt) {
    await pause(POLL_MS)
    if (writer.openRequests > 0) quietSince = performance.now()
  }
  await network.whilePaused(
    () => writer.openRequests === 0,
    () => drive.compact()
  )
  // Read now and not in the timer: the drive may move to another fork shortly before the timer fires.
  const fork = writer.coreFork('index')
  // Peers that connect later begin below every fork, but they have not missed anything.
  const wereHere = new Set(writer.peersBefore(Infinity).map(encodeKey))
  setTimeout(() => {
    if (isClosed()) return
    for (const peer of writer.peersBefore(fork)) if (wereHere.has(encodeKey(peer))) network.drop(peer)
  }, LEFT_BEHIND_MS).unref()
}
