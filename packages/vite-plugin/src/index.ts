export type { SitedriveOptions } from './options.js'
export type { SitedriveApi } from './sitedrive.js'
export { sitedrive, sitedrive as default } from './sitedrive.js'
