export { openPeer, type Peer, type PeerOptions } from './open-peer.js'
export { parseByteCount } from './seed/parse-byte-size.js'
export type { PeerStatus, PublisherStatus, SiteStatus } from './seed/peer-status.js'
