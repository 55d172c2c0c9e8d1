import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment, keptSources, runCommand, sitesIn, temporaryFolder } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { config, EleventyProject, linesOf } from './support/eleventy-project.js'

const PAGE = '<p>{{ sitedrive.key }} {{ sitedrive.url }} {{ sitedrive.mirror }}</p>'
const NOWHERE = '<p>  </p>'

describe('a build', { timeout: 180_000 }, () => {
  test('says of the first release what was added, that no seed has it, where the new key is, and last the bare link', async () => {
    const project = new EleventyProject({ 'index.html': PAGE, 'two.md': 'Two' })
    const { output, stdout, stderr } = await project.build()
    const { key } = JSON.parse(readFileSync(path.join(project.dir, 'sitedrive.json'), 'utf8')) as {
      key: string
    }
    expect(linesOf({ output })).toEqual([
      expect.stringMatching(/^\[sitedrive\] Release 1: 2 new pages.*; \d+ B written, in [\d.]+ m?s\.$/),
      expect.stringMatching(/^\[sitedrive\] No seed keeps this site online yet/),
      expect.stringMatching(/^\[sitedrive\] The site's key is new; its secret is in .*key backup/),
      `hyper://${key}/`
    ])
    expect(stdout.endsWith(`\nhyper://${key}/\n`)).toBe(true)
    expect(stderr).toBe('')
  })

  test('that changes nothing says so in one line', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    expect(linesOf(await project.build())).toEqual([
      expect.stringMatching(/^\[sitedrive\] No change: release 1 is what you built\./)
    ])
  })

  test.each([
    [
      'the project folder itself',
      '.',
      /holds `eleventy\.config\.js`, `package\.json` and `node_modules`.*DIR_IS_PROJECT/
    ],
    ['a folder without any page', 'feeds', /has no HTML page, only 1 other file: `\/feed\.xml`.*NO_PAGES/]
  ])('into %s fails, publishes nothing and makes no key', { tags: 'long' }, async (_name, output, says) => {
    const project = new EleventyProject({
      'src/feed.njk': '---\npermalink: feed.xml\n---\n<feed/>',
      'eleventy.config.js': `import sitedrive from '@sitedrive/eleventy-plugin'
export default function (config) { config.addPlugin(sitedrive) }
export const config = { dir: { input: 'src', output: '${output}' } }`
    })
    const build = await project.run()
    expect(build.exitCode).toBe(1)
    expect(build.output).toMatch(says)
    expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    expect(sitesIn(project.home)).toEqual([])
    const allowed = await project.run([], { SITEDRIVE_ALLOW: 'project,no-pages' })
    expect(allowed.exitCode).toBe(0)
    expect(linesOf(allowed).join('\n')).toContain('Release 1: ')
  })

  test('names Eleventy as the generator of the release', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    expect((await project.published())?.record.generator).toEqual({ name: 'Eleventy', version: '3.1.8' })
  })

  test('keeps what each page was made of, also pages of one template', async () => {
    const list =
      '---\npagination: { data: names, size: 1 }\nnames: [a, b]\npermalink: "list/{{ pagination.items[0] }}/"\n---\n'
    const project = new EleventyProject({ 'posts/one.md': '# One', 'list.njk': list })
    await project.build()
    expect(keptSources(project.home, project.dir)).toEqual({
      '/posts/one/index.html': ['posts/one.md', '# One'],
      '/list/a/index.html': ['list.njk', list],
      '/list/b/index.html': ['list.njk', list]
    })
  })

  describe('of a page with a broken link', () => {
    const BROKEN = { 'index.md': '[there](/nowhere/)' }
    const failing = config("  eleventyConfig.addPlugin(sitedrive, { checks: 'fail' })")

    test('names the source in a warning, and publishes', async () => {
      const project = new EleventyProject(BROKEN)
      const { stderr } = await project.build()
      expect(stderr).toMatch(/^\[sitedrive\] index\.md:1: The link `\/nowhere\/` leads nowhere\. .+\n$/)
      expect((await project.published())?.record.release).toBe(1)
    })

    test('fails with the option `checks: "fail"`, and publishes nothing', { tags: 'long' }, async () => {
      const project = new EleventyProject({ ...BROKEN, 'eleventy.config.js': failing })
      const { exitCode, output } = await project.run()
      expect(exitCode).toBe(1)
      expect(output).toContain('CHECKS_FAILED')
      expect(output).toContain('index.md:1: The link `/nowhere/` leads nowhere.')
      expect(sitesIn(project.home)).toEqual([])
    })

    test('says nothing of it with SITEDRIVE_CHECKS=off', { tags: 'long' }, async () => {
      const { output } = await new EleventyProject(BROKEN).build([], { SITEDRIVE_CHECKS: 'off' })
      expect(output).not.toContain('leads nowhere')
    })
  })

  describe('with --quiet', () => {
    test('still says on stderr what was published, what is broken, where the new key is, and the link', async () => {
      const project = new EleventyProject({ 'index.html': '<a href="/nowhere/">there</a>' })
      const { stdout, stderr } = await project.build(['--quiet'])
      const site = await project.published()
      expect(site?.files).toEqual(project.output())
      expect(linesOf({ output: stdout })).toEqual([])
      expect(stderr.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/^\[sitedrive\] index\.html:1: The link `\/nowhere\/` leads nowhere\./),
        expect.stringMatching(/^\[sitedrive\] Release 1: 1 new page/),
        expect.stringMatching(/^\[sitedrive\] The site's key is new/),
        `hyper://${site?.key}/`
      ])
    })

    test(
      'says that a rollback is undone, and nothing of a build that changes nothing',
      { tags: 'long' },
      async () => {
        const project = new EleventyProject({ 'index.html': PAGE })
        await project.build(['--quiet'])
        expect(linesOf(await project.build(['--quiet']))).toEqual([])
        project.write({ 'index.html': 'edited' })
        await project.build(['--quiet'])
        await project.sitedrive('rollback', '1')
        const { stdout, stderr } = await project.build(['--quiet'])
        expect(linesOf({ output: stdout })).toEqual([])
        expect(linesOf({ output: stderr })).toEqual([
          expect.stringContaining('Release 4: '),
          '[sitedrive] This undoes the rollback to release 1.',
          expect.stringMatching(/^hyper:/)
        ])
      }
    )

    test('says that nothing is published, and why', { tags: 'long' }, async () => {
      const project = new EleventyProject({ 'index.html': PAGE })
      const { stdout, stderr } = await project.build(['--quiet'], { CI: 'true' })
      expect(linesOf({ output: stdout })).toEqual([])
      expect(linesOf({ output: stderr })).toHaveLength(1)
      expect((await project.build(['--quiet', '--dryrun'])).stderr).toContain('Not published: ')
    })
  })

  test(
    'with --dryrun publishes nothing, mints nothing, and says so in one line',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({ 'index.html': PAGE })
      expect(linesOf(await project.build(['--dryrun']))).toEqual([
        '[sitedrive] Not published: this build wrote no file.'
      ])
      expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
      expect(sitesIn(project.home)).toEqual([])
    }
  )

  test(
    'with --dryrun leaves an earlier release alone, whatever lies in the output',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({ 'index.html': PAGE })
      await project.build()
      const before = await project.published()
      project.write({ '_site/index.html': 'written by hand' })
      await project.build(['--dryrun'])
      expect(await project.published()).toEqual(before)
    }
  )

  test.each(['json', 'ndjson'])(
    'with --to=%s publishes nothing and leaves stdout to Eleventy',
    { tags: 'long' },
    async (mode) => {
      const project = new EleventyProject({ 'index.html': PAGE })
      const { stdout, stderr } = await project.build([`--to=${mode}`])
      const pages = JSON.parse(mode === 'json' ? stdout : `[${stdout.trim().split('\n').join()}]`) as {
        content: string
      }[]
      expect(pages.map(({ content }) => content)).toEqual([NOWHERE])
      expect(stderr).toBe('')
      expect(sitesIn(project.home)).toEqual([])
    }
  )

  test(
    'with --incremental publishes what lies in the output, whoever wrote it, and calls nothing left over',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({ 'index.html': PAGE, 'two.md': 'Two' })
      await project.build(['--incremental'])
      rmSync(path.join(project.dir, 'two.md'))
      project.write({ 'index.html': 'edited' })
      const { output } = await project.build(['--incremental'])
      expect(output).toContain('Release 2: 1 ')
      expect(output).not.toContain('not written by this build')
      expect((await project.published())?.files).toEqual({
        '/index.html': 'edited',
        '/two/index.html': '<p>Two</p>\n'
      })
    }
  )

  test.each([
    ['returned by the config', [], "  return { dir: { input: '.', output: 'public_html' } }"],
    ['given to the command', ['--output=public_html'], '']
  ])('publishes the output folder %s', { tags: 'long' }, async (_, args, line) => {
    const project = new EleventyProject({
      'eleventy.config.js': config(`  eleventyConfig.addPlugin(sitedrive)\n${line}`),
      'index.html': PAGE
    })
    await project.build(args)
    expect((await project.published())?.files).toEqual(project.output('public_html'))
  })

  test('publishes passthrough copies under their own names', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        "  eleventyConfig.addPlugin(sitedrive)\n  eleventyConfig.addPassthroughCopy('files')"
      ),
      'index.html': PAGE,
      'files/with space.txt': '1',
      'files/100%.txt': '2',
      'files/100%25.txt': '3',
      'files/naïve 🌲/#1?.bin': new Uint8Array([0, 255, 1, 254])
    })
    await project.build()
    const files = (await project.published())?.files ?? {}
    expect(files).toEqual(project.output())
    expect(Object.keys(files).toSorted()).toEqual([
      '/files/100%.txt',
      '/files/100%25.txt',
      '/files/naïve 🌲/#1?.bin',
      '/files/with space.txt',
      '/index.html'
    ])
  })

  test('publishes once when the plugin is added twice', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        '  eleventyConfig.addPlugin(sitedrive)\n  eleventyConfig.addPlugin(sitedrive)'
      ),
      'index.html': PAGE
    })
    await project.build()
    expect(linesOf(await project.build())).toHaveLength(1)
  })

  test(
    'warns when Eleventy is not a version that the plugin is made for, and goes on',
    { tags: 'long' },
    async () => {
      const project = new EleventyProject({
        'eleventy.config.js': config(
          "  eleventyConfig.versionCheck = () => { throw new Error('wants another Eleventy') }\n  eleventyConfig.addPlugin(sitedrive)"
        ),
        'index.html': PAGE
      })
      const { stderr } = await project.build()
      expect(stderr).toMatch(/^\[sitedrive\] .*wants another Eleventy/)
      expect((await project.published())?.files).toEqual(project.output())
    }
  )

  test('of a script publishes each time, says its lines before the script ends, and leaves nothing behind', async () => {
    const project = new EleventyProject({
      'index.html': PAGE,
      'build.mjs': `
import { Eleventy } from '@11ty/eleventy'
import { writeFileSync } from 'node:fs'
await new Eleventy('.', '_site').write()
writeFileSync('two.html', 'Two')
await new Eleventy('.', '_site').write()
await new Promise(setImmediate)
const left = process.getActiveResourcesInfo().filter((kind) => !/^(TTY|Pipe)/.test(kind))
const lines = process.listeners('exit').filter((listener) => String(listener).includes('clearImmediate'))
console.log(JSON.stringify({ left, lines: lines.length }))
await new Eleventy('.', '_site').write()
process.exit()`
    })
    const { output } = await runCommand(
      { command: process.execPath, args: ['build.mjs'] },
      { cwd: project.dir, env: cleanEnvironment({ SITEDRIVE_HOME: project.home }) }
    )
    expect(output).toContain(JSON.stringify({ left: [], lines: 0 }))
    expect(linesOf({ output }).filter((line) => /Release|No change/.test(line))).toEqual([
      expect.stringContaining('Release 1'),
      expect.stringContaining('Release 2'),
      expect.stringContaining('No change: release 2')
    ])
    expect((await project.published())?.files).toEqual(project.output())
  })
})

describe('templates', { timeout: 180_000 }, () => {
  test('know the address in the very first build, and it is the one that is published', async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    const site = await project.published()
    expect(site?.files['/index.html']).toBe(`<p>${site?.key} hyper://${site?.key}/ </p>`)
  })

  test('know the mirror of sitedrive.json', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    const file = path.join(project.dir, 'sitedrive.json')
    const { key } = JSON.parse(readFileSync(file, 'utf8')) as { key: string }
    project.write({ 'sitedrive.json': JSON.stringify({ key, mirror: 'https://example.org' }) })
    await project.build()
    expect(project.output()['/index.html']).toBe(`<p>${key} hyper://${key}/ https://example.org/</p>`)
  })

  test.each([
    ['SITEDRIVE_PUBLISH=0', '', { SITEDRIVE_PUBLISH: '0' }],
    ['the option `publish: false`', ', { publish: false }', {}]
  ])(
    'get no address when there is none and %s switches publishing off',
    { tags: 'long' },
    async (_, options, env) => {
      const project = new EleventyProject({
        'eleventy.config.js': config(`  eleventyConfig.addPlugin(sitedrive${options})`),
        'index.html': PAGE
      })
      const build = await project.build([], env)
      expect(linesOf(build)).toEqual(['[sitedrive] Publishing is switched off for this build.'])
      expect(project.output()).toEqual({ '/index.html': NOWHERE })
      expect(sitesIn(project.home)).toEqual([])
      expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(false)
    }
  )
})

describe('a build that cannot be published', { timeout: 180_000 }, () => {
  test('fails in CI without a secret when publishing is required', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    project.write({
      'eleventy.config.js': config('  eleventyConfig.addPlugin(sitedrive, { required: true })')
    })
    const build = await project.run([], { CI: 'true', SITEDRIVE_HOME: temporaryFolder() })
    expect(build.exitCode).toBe(1)
    expectError(build.output, 'NO_SECRET', 'Set SITEDRIVE_SECRET')
  })

  test('fails with the message and the code, without a stack, and leaves the release as it was', async () => {
    const project = new EleventyProject({ 'index.html': PAGE })
    await project.build()
    const before = await project.published()
    project.write({ 'index.html': 'edited', '_site/back\\slash.txt': '' })
    const build = await project.run()
    expect(build.exitCode).toBe(1)
    expectError(build.output, 'BAD_NAME', 'has a backslash in its name')
    expect(project.output()['/index.html']).toBe('edited')
    expect(await project.published()).toEqual(before)
  })

  test('fails before it writes a page when sitedrive.json is damaged', { tags: 'long' }, async () => {
    const project = new EleventyProject({ 'index.html': PAGE, 'sitedrive.json': '{ "key": "nonsense" }' })
    const build = await project.run()
    expect(build.exitCode).toBe(1)
    expectError(build.output, 'CONFIG_INVALID', '`key`')
    expect(existsSync(path.join(project.dir, '_site'))).toBe(false)
  })

  test.each([
    [
      '{ seed: true }',
      'no option `seed`; known are projectDir, publish, required, checks, preview, previewPort'
    ],
    ["{ required: 'yes' }", 'option `required` is "yes", not a boolean'],
    ['{ previewPort: 70000 }', 'option `previewPort` is 70000, not a whole number from 0 to 65535']
  ])('fails with the options %s', { tags: 'long' }, async (options, message) => {
    const project = new EleventyProject({
      'eleventy.config.js': config(`  eleventyConfig.addPlugin(sitedrive, ${options})`),
      'index.html': PAGE
    })
    const build = await project.run()
    expect(build.exitCode).toBe(1)
    expectError(build.output, 'BAD_OPTION', message)
  })

  test('takes the options that it knows, and Eleventy’s own', { tags: 'long' }, async () => {
    const project = new EleventyProject({
      'eleventy.config.js': config(
        "  eleventyConfig.addPlugin(sitedrive, { immediate: true, projectDir: 'site', publish: true, required: false, preview: true, previewPort: 0 })"
      ),
      'index.html': PAGE,
      'site/README.txt': ''
    })
    await project.build()
    expect(existsSync(path.join(project.dir, 'site/sitedrive.json'))).toBe(true)
  })
})

function expectError(output: string, code: string, message: string): void {
  expect(output).toContain(`(via SitedriveError ${code})`)
  expect(output).toContain(message)
  expect(output).not.toMatch(/^.* {4}at .*$/m)
}
