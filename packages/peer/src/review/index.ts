export type { ProductionBuild } from './build-command.js'
export { openReview, type OpenReview, type ReviewOptions } from './open-review.js'
