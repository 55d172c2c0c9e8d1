// Loads native code: imported when a preview is opened, not before.
export { changesBetween, changesOf } from './preview/preview-changes.js'
export { parsePreviewLink, previewLink, type PreviewLink } from './identity/preview-link.js'
export type { PreviewFiles } from './preview/preview-drive.js'
export { noteAddress, notedAddress, previewPlace, type PreviewPlace } from './preview/preview-place.js'
export {
  createPreview,
  isPreviewOpen,
  type Preview,
  type PreviewOptions,
  type PreviewUpdate,
  type Shown
} from './preview/open-preview.js'
export type { Change } from './folder/compare.js'
export type { Sources } from './content/content-types.js'
export { openHints, type Hints } from './holepunch/hints.js'
export { STATUS_PATH, statusOf, type BuildFailure, type PreviewStatus } from './preview/preview-status.js'
