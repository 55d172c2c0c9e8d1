// The only module that imports the Holepunch packages. They ship no declarations, so nothing here hands their types on.
export { endOf, type BlobPointer } from './holepunch/blob-pointer.js'
export {
  Drive,
  isSameState,
  type Difference,
  type DriveEntry,
  type DriveState
} from './holepunch/hyperdrive.js'
export { FollowedDrive, openFollower, type Pulled } from './holepunch/follower.js'
export { isReserved as isReservedPath, SOURCE_DIR } from './holepunch/reserved-paths.js'
export { KEY_LENGTH, decodeKey, encodeKey, parseKey } from './holepunch/site-key.js'
export { parseBootstrap, type Address } from './holepunch/bootstrap.js'
export { Network, openLocalDht, share, type PeerConnection } from './holepunch/network.js'
export { openSiteReader, type CorePart, type SiteStore } from './holepunch/site-store.js'
export { SeedHost, type Admission, type CoreSize, type Publisher } from './holepunch/seed-host.js'
export { MAX_PROBLEMS, type SeedAnswer, type SiteCores } from './holepunch/seed-protocol.js'
export { findRelease, isLost, latestRelease, releases, type Release } from './release/release-record.js'
export { isOwnPublisher, ownPublisherOf } from './identity/own-publishers.js'
export { releaseView, type IndexedFile } from './release/release-view.js'
export { openLastRelease, type HeldRelease } from './history/held-release.js'
export { claimedHash, hashBlob, HASH_MISMATCH } from './holepunch/claimed-hash.js'
export { withRelease, type OpenRelease } from './history/with-release.js'
