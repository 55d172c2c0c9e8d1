/** The host name of the review page. The previewed site never has it, and it only resolves to this machine. */
export const REVIEW_HOST = 'review.localhost'
