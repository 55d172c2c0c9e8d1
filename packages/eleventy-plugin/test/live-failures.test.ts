import { previewPids, until } from '@sitedrive/testing'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { DevRun, devConfig } from './support/dev-run.js'
import { EleventyProject } from './support/eleventy-project.js'

const LAYOUT = '<!doctype html>\n<title>{{ title }}</title>\n{{ content | safe }}\n'

/** What fails, by the file at fault: its text, and what is to be read of it in the preview. */
const BROKEN: [name: string, file: string, text: string, failure: object][] = [
  [
    'a Nunjucks page with front matter',
    'page.njk',
    '---\ntitle: A page\n---\nfirst\n{% nonsense %}\n',
    {
      message: expect.stringContaining('unknown block tag: nonsense'),
      file: './page.njk',
      line: 5,
      column: 4
    }
  ],
  [
    'a Nunjucks layout',
    '_includes/layout.njk',
    '<!doctype html>\n{% nonsense %}\n{{ content | safe }}',
    { message: expect.stringContaining('nonsense'), file: './_includes/layout.njk', line: 2, column: 4 }
  ],
  [
    'a file that a Nunjucks page includes',
    '_includes/part.njk',
    'one\ntwo\n{% nonsense %}',
    { message: expect.stringContaining('nonsense'), file: './_includes/part.njk', line: 3, column: 4 }
  ],
  [
    'a Liquid page in a folder with a blank',
    'my posts/a post.liquid',
    'one\n{{ title | nonsense }}\n',
    {
      message: expect.stringContaining('undefined filter: nonsense'),
      file: './my posts/a post.liquid',
      line: 2,
      column: 1
    }
  ],
  [
    'a Nunjucks page with a filter that is not there',
    'shouting.njk',
    '---\ntitle: A page\n---\n{{ "the shout" }}\n  {{ title | upper | shout }}\n',
    {
      message: expect.stringMatching(/^filter not found: shout\n/),
      file: './shouting.njk',
      line: 5,
      column: 22
    }
  ],
  [
    'a Nunjucks page that calls what is not there',
    'calling.njk',
    '---\ntitle: A page\n---\nfirst\n{{ nothing(1) }}\n',
    {
      message: expect.stringMatching(/^Unable to call `nothing`/),
      file: './calling.njk',
      line: 5,
      column: 11
    }
  ],
  [
    'YAML front matter',
    'post.md',
    '---\ntitle: x\nlist: [1,\nother: "a\n---\nText\n',
    { message: expect.stringContaining('YAMLException'), file: './post.md', line: 5, column: 1 }
  ],
  [
    'a data file that throws',
    '_data/news.js',
    'export default function () {\n  throw new Error("no news today")\n}\n',
    { message: 'no news today', file: './_data/news.js', line: 2, column: 9 }
  ],
  [
    'a data file that cannot be read',
    '_data/menu.json',
    '{ "a": 1, }',
    { message: expect.stringContaining('./_data/menu.json'), file: './_data/menu.json' }
  ],
  [
    'a filter of the config',
    'filtered.njk',
    '{% set x = range(1) %}\n{{ "x" | bad }}',
    { message: expect.stringContaining('bad filter'), file: './filtered.njk', line: null }
  ]
]

describe('a build that fails', { timeout: 180_000 }, () => {
  test('is told of with message, file and line over the old pages, until the next good one', async () => {
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(
        "  eleventyConfig.addPlugin(sitedrive)\n  eleventyConfig.addFilter('bad', () => { throw new Error('bad filter') })"
      ),
      '_includes/layout.njk': LAYOUT,
      '_includes/part.njk': 'a part',
      'index.md': '---\nlayout: layout.njk\ntitle: Home\n---\nRound 0\n',
      'including.njk': '{% include "part.njk" %}'
    })
    const good = { '_includes/layout.njk': LAYOUT, '_includes/part.njk': 'a part' }
    const run = await DevRun.start(project)
    for (const [index, [name, file, text, failure]] of BROKEN.entries()) {
      await run.edit({ [file]: text }, async () => (await run.status()).state === 'failed')
      expect((await run.status()).failure, name).toMatchObject(failure)
      expect(await run.page('/'), name).toContain(`Round ${index}`)

      if (!(file in good)) rmSync(path.join(project.dir, file))
      const mended = {
        ...good,
        'index.md': `---\nlayout: layout.njk\ntitle: Home\n---\nRound ${index + 1}\n`
      }
      await run.editPage(mended, '/', `Round ${index + 1}`)
      // Two files were saved, and Eleventy may have begun a second build for the other one.
      await until(async () => (await run.status()).state === 'ready', { describe: () => name })
      expect((await run.status()).failure, name).toBeNull()
    }
    expect(run.lines()).toHaveLength(4)
  })

  test(
    'because its config is broken is told of, too, and the mended one goes on',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.html': '<p>one</p>' })
      const run = await DevRun.start(project)
      const broken = `${devConfig()}\nthrow new Error('no config today')\n`
      await run.edit({ 'eleventy.config.js': broken }, async () => (await run.status()).state === 'failed')
      expect((await run.status()).failure?.message).toContain('no config today')
      expect(await run.page('/')).toContain('one')
      await run.edit(
        { 'eleventy.config.js': devConfig() },
        async () => (await run.status()).state === 'ready'
      )
      expect(run.lines()).toHaveLength(4)
    }
  )

  test('because another plugin throws after the build is told of', { tags: 'long' }, async () => {
    const lines = `  eleventyConfig.addPlugin(sitedrive)
  eleventyConfig.on('eleventy.after', ({ results }) => {
    if (results.some(({ content }) => content.includes('bad'))) throw new Error('not in this plugin')
  })`
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(lines),
      'index.html': '<p>one</p>'
    })
    const run = await DevRun.start(project)
    await run.edit(
      { 'index.html': '<p>bad</p>' },
      async () => (await run.status()).failure?.message.includes('not in this plugin') ?? false
    )
    expect(await run.page('/')).toContain('one')
  })

  test('is not what goes wrong between two builds', { tags: 'long' }, async () => {
    const lines = `  eleventyConfig.addPlugin(sitedrive)
  eleventyConfig.on('eleventy.after', () => {
    setTimeout(() => Promise.reject(new Error('nobody awaits this')), 200)
  })`
    const project = new EleventyProject({
      'eleventy.config.js': devConfig(lines),
      'index.html': '<p>one</p>'
    })
    const run = await DevRun.start(project)
    await run.until(() => run.output().includes('nobody awaits this'))
    await run.editPage({ 'index.html': '<p>two</p>' }, '/', 'two')
    expect(await run.status()).toMatchObject({ state: 'ready', failure: null })
  })

  test('at the very start ends as it does without the plugin, and leaves nothing behind', async () => {
    const project = new EleventyProject({ 'eleventy.config.js': devConfig(), 'index.njk': '{% nonsense %}' })
    const run = new DevRun(project, ['--serve', '--port=0'])
    expect(await run.running.finished).toMatchObject({ exitCode: 1 })
    expect(run.lines()).toEqual([])
    await run.until(() => previewPids(project.home).length === 0)
  })
})
