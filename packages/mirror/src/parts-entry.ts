// The parts that the peer, the live preview and the reader are built of. Other packages should not import them: they change together.
export { type HeldState, SharedState } from './copy/held-state.js'
export { SiteCopy, type StateListener } from './copy/site-copy.js'
export { findPeers } from './copy/find-peers.js'
export { incompleteState } from './copy/incomplete-state.js'
export { releaseAt, titleAt } from './copy/site-facts.js'
export { isPlausible } from './plausible-pointer.js'
export { resolvePath, visibleFiles } from './mirror/resolve-path.js'
export { hostName } from './mirror/host.js'
export { ownAnswer, sendReady, sendText } from './mirror/own-page.js'
export { escapeHtml } from './mirror/escape-html.js'
export { inWords, pageInWords, type Words } from './mirror/page-in-words.js'
export { MALFORMED, UNREADABLE } from './mirror/reader-pages.js'
export { type FilePlan } from './mirror/representation.js'
export { type Responding, planOf, respond } from './mirror/respond.js'
export { sendBlob } from './mirror/send-blob.js'
export { ServingMemory } from './mirror/serving-memory.js'
export {
  type CertificateFiles,
  type Keys,
  type ServedSite,
  type SiteDirectory,
  type SiteServer,
  dnsLinks,
  listen,
  siteDirectory,
  siteListener
} from './mirror/site-server.js'
export { within } from './deadline.js'
export { listenOnFreePort, type WantedPort } from './mirror/listen-on-free-port.js'
export { EventLines } from './private-page/event-lines.js'
export { Guard, type GuardOptions } from './private-page/guard.js'
export { pageFiles } from './private-page/page-files.js'
export {
  bodyOf,
  privateListener,
  sendError,
  sendJson,
  type ErrorAnswer,
  type Route
} from './private-page/private-listener.js'
export { TOKEN_HEADER } from './private-page/token-header.js'
