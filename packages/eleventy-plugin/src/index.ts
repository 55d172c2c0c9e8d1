export type { EleventyConfig, EleventyLogger } from './eleventy.js'
export type { SitedriveOptions } from './options.js'
export { sitedrive, sitedrive as default } from './sitedrive.js'
