// Loads native code: imported when a preview is opened, not before.
export { changesBetween, changesOf } from './changes.js'
export { parsePreviewLink, previewLink, type PreviewLink } from './link.js'
export type { PreviewFiles } from './drive.js'
export { noteAddress, notedAddress, previewPlace, type PreviewPlace } from './place.js'
export {
  createPreview,
  isPreviewOpen,
  type Preview,
  type PreviewOptions,
  type PreviewUpdate,
  type Shown
} from './preview.js'
export type { Change } from '../compare.js'
export type { Sources } from '../content/contract.js'
export { openHints, type Hints } from '../holepunch/hints.js'
export { STATUS_PATH, statusOf, type BuildFailure, type PreviewStatus } from './status.js'
