/** The review page's host name. No page of the previewed site has it, and no page of the web can be given it. */
export const REVIEW_HOST = 'review.localhost'
