export type { EleventyConfig, EleventyLogger, OldEleventyConfig } from './eleventy.js'
export type { SitedriveOptions } from './eleventy-options.js'
export { sitedrive, sitedrive as default } from './eleventy-sitedrive.js'
