// The only module that imports the Holepunch packages. They ship no declarations, so nothing here hands their types on.
export { Drive, type BlobPointer, type DriveEntry, type DriveState } from './drive.js'
export { FollowedDrive, openFollower } from './follower.js'
export { KEY_LENGTH, decodeKey, encodeKey, parseKey } from './key.js'
export { parseBootstrap, type Address } from './bootstrap.js'
export { Network, openLocalDht, share } from './network.js'
export { openSiteReader, type SiteStore } from './site-store.js'
export { SeedHost, type Admission, type CoreSize, type Publisher } from './seed-host.js'
export type { SeedAnswer, SiteCores } from './seed-protocol.js'
