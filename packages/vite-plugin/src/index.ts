export type { SitedriveOptions } from './vite-options.js'
export type { SitedriveApi } from './vite-sitedrive.js'
export { sitedrive, sitedrive as default } from './vite-sitedrive.js'
