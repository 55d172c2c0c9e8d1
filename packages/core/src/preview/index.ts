// Loads native code: imported when a preview is opened, not before.
export { parsePreviewLink, previewLink, type PreviewLink } from './link.js'
export {
  createPreview,
  type Preview,
  type PreviewOptions,
  type PreviewUpdate,
  type Shown
} from './preview.js'
export { STATUS_PATH, statusOf, type BuildFailure, type PreviewStatus } from './status.js'
