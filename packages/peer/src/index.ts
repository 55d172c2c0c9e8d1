export { openPeer, type Peer, type PeerOptions } from './open-peer.js'
export { parseByteCount } from './seed/byte-count.js'
export type { PeerStatus, PublisherStatus, SiteStatus } from './seed/peer-status.js'
