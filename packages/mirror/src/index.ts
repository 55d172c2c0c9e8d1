export { followSite, type FollowedSite, type FollowOptions } from './copy/follow.js'
export type { CompleteState, HeldState, ReadableDrive } from './copy/held-state.js'
export type { RefusedState } from './copy/site-copy.js'
export type { Damage } from './proof/prove-files.js'
export {
  openSiteServer,
  siteListener,
  type ListenerOptions,
  type ServedSite,
  type SiteServer,
  type SiteServerOptions
} from './mirror/site-server.js'
