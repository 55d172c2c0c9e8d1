export { followSite, type FollowedSite, type FollowOptions } from './follow.js'
export type { CompleteState, HeldState, ReadableDrive } from './held-state.js'
export {
  openSiteServer,
  siteListener,
  type ListenerOptions,
  type ServedSite,
  type SiteServer,
  type SiteServerOptions
} from './serve.js'
