export { followSite, type FollowedSite, type FollowOptions } from './follow.js'
export type { CompleteState, HeldState, ReadableDrive } from './held-state.js'
export type { RefusedState } from './site-copy.js'
export type { Damage } from './proof/prove-files.js'
export { openPeer, type Peer, type PeerOptions } from './peer.js'
export { parseByteCount } from './seed/byte-count.js'
export type { PeerStatus, PublisherStatus, SiteStatus } from './seed/peer-status.js'
export {
  openSiteServer,
  siteListener,
  type ListenerOptions,
  type ServedSite,
  type SiteServer,
  type SiteServerOptions
} from './serve.js'
