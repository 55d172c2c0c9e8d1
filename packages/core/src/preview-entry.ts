// Loads native code: imported when a preview is opened, not before.
export { changesBetween, changesOf } from './preview/preview-changes.js'
export { parsePreviewLink, previewLink, type PreviewLink } from './identity/preview-link.js'
export type { PreviewFiles } from './preview/preview-drive.js'
export {
  lastPort,
  recordAddress,
  recordedAddress,
  previewPlace,
  type PreviewPlace
} from './preview/preview-place.js'
export { createPreview } from './preview/open-preview.js'
export { isPreviewOpen } from './preview/preview-lock.js'
export type { Preview, PreviewOptions, PreviewUpdate, Shown } from './preview/preview-contract.js'
export type { Change } from './folder/compare.js'
export type { Sources } from './content/content-types.js'
export { openHints, type Hints } from './holepunch/hints.js'
export {
  completeFailure,
  STATUS_PATH,
  statusOf,
  type BuildFailure,
  type PreviewStatus
} from './preview/preview-status.js'
