import { readFileSync } from 'node:fs'
import path from 'node:path'
import { IdAttributePlugin } from '@11ty/eleventy'
import sitedrive from '@sitedrive/eleventy-plugin'
import { slug } from 'github-slugger'
import { likeOnGitHub } from './site/markdown.mjs'
import { addressOf, navigation, packagePages, root, sourceOf } from './site/pages.mjs'

/** @param {import('@11ty/eleventy/UserConfig').default} eleventyConfig */
export default function (eleventyConfig) {
  eleventyConfig.addPassthroughCopy('!(site|_site|node_modules)/*.{svg,png,webp}')
  eleventyConfig.addPassthroughCopy({ 'site/style.css': 'style.css', 'site/icon.svg': 'icon.svg' })
  for (const { input, source } of packagePages()) {
    const file = path.join(root, source)
    eleventyConfig.addWatchTarget(file)
    eleventyConfig.addTemplate(input, readFileSync(file, 'utf8'))
  }

  eleventyConfig.addGlobalData('layout', 'page.njk')
  eleventyConfig.addGlobalData('navigation', navigation)
  eleventyConfig.addGlobalData('eleventyComputed', {
    permalink: ({ page }) => addressOf(sourceOf(page.inputPath)),
    title: ({ page }) => /^# (.+)$/m.exec(page.rawInput)?.[1].replaceAll('`', '')
  })
  eleventyConfig.addFilter('toRoot', (address) => '../'.repeat(address.split('/').length - 2) || './')

  eleventyConfig.amendLibrary('md', likeOnGitHub)
  eleventyConfig.addPlugin(IdAttributePlugin, { slugify: (text) => slug(text) })
  eleventyConfig.addPlugin(sitedrive)
}

export const config = {
  dir: { input: '.', includes: 'site', output: '_site' },
  templateFormats: ['md'],
  // Braces in an example mean nothing to a template engine.
  markdownTemplateEngine: false
}
