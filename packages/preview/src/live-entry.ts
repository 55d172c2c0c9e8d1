export type { Author, LiveStatus, PreviewFeed } from './feed/feed.js'
export { followPreview, type FollowedFeed, type FollowPreviewOptions } from './feed/followed-feed.js'
export {
  openLivePreview,
  type LivePreview,
  type LivePreviewOptions,
  type Viewers
} from './process/live-preview.js'
export { openLiveServer, type LiveServer, type LiveServerOptions } from './live/live-server.js'
export { openLiveSite, type LiveSite } from './live/live-site.js'
export { localFeed } from './feed/local-feed.js'
export { startLivePreview } from './process/start-live-preview.js'
