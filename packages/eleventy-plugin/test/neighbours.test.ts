import { describe, expect, test } from 'vitest'
import { config, EleventyProject } from './support/eleventy-project.js'

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64'
)

/** Builds twice: both times readers see the final tree, and nothing in it is taken for a leftover. */
async function expectFinalTree(project: EleventyProject): Promise<string[]> {
  for (const release of [1, 1]) {
    const { stderr } = await project.build()
    expect(stderr).not.toContain('not written by this build')
    const site = await project.published()
    expect(site?.files).toEqual(project.output())
    expect(site?.record.release).toBe(release)
  }
  return Object.keys(project.output())
}

describe('the final tree is published', { timeout: 180_000 }, () => {
  test.each([
    ['before', ['sitedrive', 'vite']],
    ['after', ['vite', 'sitedrive']]
  ])('when the plugin is added %s eleventy-plugin-vite', { tags: 'long' }, async (_, plugins) => {
    const project = new EleventyProject(
      {
        'eleventy.config.js': config(
          plugins.map((name) => `  eleventyConfig.addPlugin(${name})`).join('\n') +
            "\n  eleventyConfig.addPassthroughCopy('main.js')",
          "import vite from '@11ty/eleventy-plugin-vite'"
        ),
        'index.html': '<!doctype html><title>A</title><script type="module" src="/main.js"></script>',
        'main.js': "document.title = 'built by Vite'"
      },
      ['@11ty/eleventy-plugin-vite']
    )
    const files = await expectFinalTree(project)
    expect(files).toContainEqual(expect.stringMatching(/^\/assets\/index-.*\.js$/))
    expect(files).not.toContain('/main.js')
  })

  test('when another handler of the same event still writes', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        `  eleventyConfig.addPlugin(sitedrive)
  eleventyConfig.addPlugin(function late(eleventyConfig) {
    eleventyConfig.on('eleventy.after', async () => {
      await setTimeout(100)
      writeFileSync('_site/late.txt', 'late')
    })
  })`,
        "import { setTimeout } from 'node:timers/promises'\nimport { writeFileSync } from 'node:fs'"
      ),
      'index.html': 'One'
    })
    expect(await expectFinalTree(project)).toEqual(['/index.html', '/late.txt'])
  })

  test(
    'with the images of eleventy-img, which it does not write a second time',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject(
        {
          'eleventy.config.js': config(
            "  eleventyConfig.addPlugin(eleventyImageTransformPlugin, { formats: ['webp', 'png'] })\n  eleventyConfig.addPlugin(sitedrive)",
            "import { eleventyImageTransformPlugin } from '@11ty/eleventy-img'"
          ),
          'index.html': '<!doctype html><title>A</title><img src="./pixel.png" alt="A pixel">',
          'pixel.png': PIXEL
        },
        ['@11ty/eleventy-img']
      )
      const files = await expectFinalTree(project)
      expect(files.toSorted()).toEqual([
        expect.stringMatching(/^\/.*\.png$/),
        expect.stringMatching(/^\/.*\.webp$/),
        '/index.html'
      ])
    }
  )

  test('with the files of bundles', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        "  eleventyConfig.addBundle('css')\n  eleventyConfig.addPlugin(sitedrive)"
      ),
      'index.njk':
        '<!doctype html>{% css %}p { color: teal }{% endcss %}<link rel="stylesheet" href="{% getBundleFileUrl "css" %}">'
    })
    expect(await expectFinalTree(project)).toContainEqual(expect.stringMatching(/^\/.*\.css$/))
  })
})
