import { IdAttributePlugin } from '@11ty/eleventy'
import rss from '@11ty/eleventy-plugin-rss'
import sitedrive from '@sitedrive/eleventy-plugin'
import { drawTree } from './tree.js'

const longDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/** @param {import('@11ty/eleventy/UserConfig').default} eleventyConfig */
export default function (eleventyConfig) {
  for (const folder of ['css', 'fonts', 'images']) {
    eleventyConfig.addPassthroughCopy({ [`src/${folder}`]: folder })
  }
  eleventyConfig.addPassthroughCopy({ 'src/favicon.svg': 'favicon.svg' })

  // Oldest first: a post's place in the collection is its entry number, and it never changes.
  eleventyConfig.addCollection('posts', (api) =>
    api.getFilteredByGlob('src/posts/*.md').sort((a, b) => a.date - b.date)
  )
  eleventyConfig.addCollection('tagNames', (api) => {
    const names = new Set(api.getAll().flatMap((item) => item.data.tags ?? []))
    return [...names].sort((a, b) => a.localeCompare(b, 'en'))
  })

  eleventyConfig.addFilter('isoDate', (date) => date.toISOString().slice(0, 10))
  eleventyConfig.addFilter('longDate', (date) => longDate.format(date))
  eleventyConfig.addFilter('entryNumber', (posts, url) =>
    String(posts.findIndex((post) => post.url === url)).padStart(2, '0')
  )
  eleventyConfig.addFilter('neighbours', (posts, url) => {
    const at = posts.findIndex((post) => post.url === url)
    return { previous: posts[at - 1], next: posts[at + 1] }
  })
  eleventyConfig.addFilter('newestFirst', (posts, limit = posts.length) => posts.toReversed().slice(0, limit))
  eleventyConfig.addFilter('byYear', (posts) => {
    const years = new Map()
    for (const post of posts) {
      const year = post.date.getUTCFullYear()
      years.set(year, [...(years.get(year) ?? []), post])
    }
    return [...years].map(([year, items]) => ({ year, items }))
  })
  eleventyConfig.addShortcode('tree', drawTree)

  eleventyConfig.amendLibrary('md', (md) => {
    md.set({ typographer: true })
    // Wide code and wide tables scroll in their own box, which a keyboard has to be able to reach.
    const { fence } = md.renderer.rules
    md.renderer.rules.fence = (...args) => fence(...args).replace('<pre', '<pre tabindex="0"')
    md.renderer.rules.table_open = () =>
      '<div class="table" role="region" aria-label="Table" tabindex="0"><table>\n'
    md.renderer.rules.table_close = () => '</table></div>\n'
  })

  eleventyConfig.addPlugin(IdAttributePlugin)
  eleventyConfig.addPlugin(rss)
  eleventyConfig.addPlugin(sitedrive)
}

export const config = {
  dir: { input: 'src', output: '_site' },
  // Posts are plain Markdown: braces in a code block mean nothing to a template engine.
  markdownTemplateEngine: false
}
