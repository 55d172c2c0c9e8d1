export type { ProductionBuild } from './review/build-command.js'
export { openReview, type OpenReview, type ReviewOptions } from './review/open-review.js'
