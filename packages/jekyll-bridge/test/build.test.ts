import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment, keptSources, runCommand, until, writeFiles } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import {
  bridgeCommand,
  errorsOf,
  hasJekyll,
  JekyllProject,
  linesOf,
  warningsOf
} from './support/jekyll-project.js'

const PAGE = '---\nlayout: page\ntitle: Home\n---\nText.\n'
const SITE =
  '---\n---\n{{ jekyll.environment }} {{ site.sitedrive.url }} {{ site.sitedrive.key }} {{ site.title }}'

describe.skipIf(!hasJekyll)('jekyll-bridge build', { timeout: 180_000 }, () => {
  test('shows what Jekyll prints, and then what was published, with the link alone on the last line', async () => {
    const project = new JekyllProject({ 'index.md': PAGE })
    const first = await project.build()
    const site = await project.published()
    expect(first.stdout).toMatch(/Generating\.\.\. \n +done in [\d.]+ seconds\./)
    expect(linesOf(first)[0]).toMatch(/^Release 1: 1 new page/)
    expect(first.stdout.trimEnd().split('\n').at(-1)).toBe(`hyper://${site?.key}/`)
    expect(site?.record.generator).toEqual({ name: 'Jekyll', version: expect.stringMatching(/^\d+\.\d+/) })
    const again = await project.build()
    expect(again.stdout.trimEnd().split('\n').at(-1)).toBe(`hyper://${site?.key}/`)
    expect(again.stderr).toBe('')
  })

  test(
    'with --json stdout is one object, and what Jekyll prints is on stderr',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({ 'index.md': PAGE, '_config.yml': 'url: http://localhost:4000\n' })
      const { stdout, stderr } = await project.build(['--json'])
      const site = await project.published()
      expect(JSON.parse(stdout)).toMatchObject({
        key: site?.key,
        link: `hyper://${site?.key}/`,
        release: 1,
        added: 1,
        findings: [{ file: '_config.yml', line: 1, message: expect.stringContaining('localhost') }]
      })
      expect(stderr).toContain('Generating...')
      const off = await project.build(['--json'], { SITEDRIVE_PUBLISH: '0' })
      expect(JSON.parse(off.stdout)).toMatchObject({ skipped: { reason: 'off' } })
      const failed = await project.run(['build', '--json', '--nonsense'])
      expect(JSON.parse(failed.stdout)).toEqual({
        error: { code: 'COMMAND_FAILED', message: expect.stringContaining('exit code 1') }
      })
    }
  )

  test('keeps what each page was made of, by whatever permalink and of whatever collection', async () => {
    const post = '---\ntitle: A post\n---\nText.\n'
    const project = new JekyllProject({
      '_config.yml':
        'source: site\nlayouts_dir: layouts\npermalink: /:title/\ncollections: { walks: { output: true } }\n',
      'site/_walks/one.md': post,
      'site/index.md': PAGE,
      'site/layouts/page.html': '{{ content }}',
      'site/_posts/2026-01-02-a.md': post,
      'site/style.css': 'a{}'
    })
    await project.build()
    expect(keptSources(project.home, project.dir)).toEqual({
      '/index.html': ['site/index.md', PAGE],
      '/a/index.html': ['site/_posts/2026-01-02-a.md', post],
      '/walks/one/index.html': ['site/_walks/one.md', post]
    })
  })

  test(
    'tells of a broken link by its source, refuses it with --checks fail, and is silent with off',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({ 'index.md': '---\n---\n[there](/nowhere/)\n' })
      const refused = await project.run(['build', '--checks', 'fail'])
      expect(refused.exitCode).toBe(1)
      expect(errorsOf(refused).join()).toContain('index.md:3: The link `/nowhere/` leads nowhere.')
      expect(await project.published()).toBe(null)
      expect(warningsOf(await project.build(['--checks', 'off']))).toEqual([])
      project.write({ 'index.md': '---\n---\nto [there](/nowhere/)\n' })
      const { stdout, stderr } = await project.build(['--json'])
      expect(stderr).toContain('index.md:3: The link `/nowhere/` leads nowhere.')
      expect(JSON.parse(stdout)).toMatchObject({
        findings: [
          {
            file: 'index.md',
            line: 3,
            message: expect.stringContaining('leads nowhere'),
            check: 'broken-link',
            level: 'error',
            path: '/index.html'
          }
        ]
      })
    }
  )

  test('builds for production, or for the environment that was asked for', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': SITE })
    await project.build()
    expect(project.output()['/index.html']).toContain('production')
    await project.build([], { JEKYLL_ENV: 'staging' })
    expect(project.output()['/index.html']).toContain('staging')
  })

  test(
    'templates know the address from the first build on, and the user’s settings are as they were',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({ 'index.md': SITE })
      const config = project.read('_config.yml')
      await project.build()
      const site = await project.published()
      expect(site?.files['/index.html']).toContain(`hyper://${site?.key}/ ${site?.key} A site`)
      expect(project.read('_config.yml')).toBe(config)
      expect(Object.keys(project.output())).toEqual(['/index.html'])

      const known = JSON.parse(project.read('sitedrive.json')) as object
      const mirror = 'https://wren.example/'
      project.write({
        'sitedrive.json': JSON.stringify({ ...known, mirror }),
        'index.md': '---\n---\n{{ site.sitedrive.mirror }}'
      })
      await project.build()
      expect((await project.published())?.files['/index.html']).toContain(mirror)
    }
  )

  test(
    'sitedrive.json, its kin and a data directory in the source stay out of the site',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'index.md': PAGE,
        'secret notes.txt': 'left out by the project itself',
        '_config.yml': 'exclude: ["secret notes.txt"]\ninclude: [".sitedriveignore"]\n',
        '.sitedriveignore': '*.map\n'
      })
      const home = path.join(project.dir, 'state')
      await project.build([], { SITEDRIVE_HOME: home })
      await project.build([], { SITEDRIVE_HOME: home })
      expect(existsSync(path.join(project.dir, 'sitedrive.json'))).toBe(true)
      expect(existsSync(path.join(home, 'sites'))).toBe(true)
      expect(Object.keys(project.output())).toEqual(['/.sitedriveignore', '/index.html'])
    }
  )

  test(
    'settings come from several files and the command line, each later one first',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'src/index.md': '---\n---\n{{ site.title }} {{ site.motto }} [{{ site.baseurl }}]',
        'src/_plugins/own.rb': "File.write('loaded.txt', 'own')",
        'one.yml': 'source: src\ndestination: elsewhere\ntitle: One\nmotto: Of one\n',
        'two words.yml': 'title: Two\ndestination: out\n'
      })
      await project.build(['--config', 'one.yml,two words.yml', '-b', ''])
      expect(project.output('out')).toEqual({ '/index.html': '<p>Two Of one []</p>\n' })
      expect(project.read('loaded.txt')).toBe('own')
      expect((await project.published())?.files).toEqual(project.output('out'))
      await project.build(['--config=one.yml', '--', '-dthird', '--quiet'])
      expect((await project.published())?.files).toEqual(project.output('third'))
    }
  )

  test('plugins are found where the settings or the command line say', { tags: 'long' }, async () => {
    const plugin = (name: string) => `File.write('${name}.txt', 'loaded')`
    const project = new JekyllProject({
      'index.md': PAGE,
      '_config.yml': 'plugins_dir: [a, b]\nexclude: ["*.txt", a, b, c]\n',
      'a/one.rb': plugin('one'),
      'b/two.rb': plugin('two'),
      'c/three.rb': plugin('three')
    })
    await project.build()
    expect(project.read('one.txt') + project.read('two.txt')).toBe('loadedloaded')
    expect(existsSync(path.join(project.dir, 'three.txt'))).toBe(false)
    await project.build(['-p', 'c'])
    expect(project.read('three.txt')).toBe('loaded')
    expect((await project.published())?.record.generator?.version).not.toBe('unknown')
  })

  test(
    'what another tool left in the destination is gone, and what keep_files names stays',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'index.md': PAGE,
        '_config.yml': 'keep_files: [kept]\n',
        '_site/old.html': 'of another tool',
        '_site/kept/file.txt': 'kept',
        '_site/.state': 'gone'
      })
      await project.build()
      expect(Object.keys((await project.published())?.files ?? {})).toEqual(['/index.html', '/kept/file.txt'])
      expect(Object.keys(project.output())).toEqual(['/index.html', '/kept/file.txt'])
    }
  )

  test(
    'what Jekyll builds wrong and lets pass is told with file and line, and published',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'index.md': PAGE,
        '_config.yml': 'title: x\nurl: http://127.0.0.1:4000\nbaseurl: /blog\n',
        '_posts/2026-01-02-a.md': '---\ntitle: [\n---\ntext\n',
        'b c.md': '---\nlayout: none-such\n---\n{{ 1 2 }}\n'
      })
      const build = await project.build()
      expect(warningsOf(build)).toEqual([
        expect.stringMatching(/^_config\.yml:2: `url: http:\/\/127\.0\.0\.1:4000`/),
        expect.stringMatching(/^_config\.yml:3: `baseurl: \/blog`/),
        expect.stringMatching(/^_posts\/2026-01-02-a\.md:\d: its front matter is left out/),
        expect.stringMatching(/^b c\.md: Liquid syntax error/),
        expect.stringMatching(/^b c\.md: there is no layout `none-such`/)
      ])
      expect((await project.published())?.record.release).toBe(1)
      expect(build.output.indexOf('its front matter')).toBeLessThan(build.output.indexOf('Release 1'))
    }
  )

  test('a Liquid error is told with its place, and Jekyll’s exit code stays', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'a.md': '---\n---\n\n{% nonsense %}\n' })
    const build = await project.run(['build'])
    expect(build.exitCode).toBe(1)
    expect(errorsOf(build)).toEqual([expect.stringContaining('a.md:4: Liquid syntax error')])
  })

  test('with --safe, where Jekyll loads no plugin, it publishes all the same', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': SITE, '_config.yml': 'safe: true\ndestination: out\n' })
    await project.build()
    const site = await project.published()
    expect(site?.files).toEqual(project.output('out'))
    expect(site?.files['/index.html']).toContain(`hyper://${site?.key}/`)
  })

  test(
    'names with blanks and of any script are published under their own, also without a locale',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'a page.md': PAGE,
        'été/日本 語.md': PAGE,
        'images/ein bild ß.svg': '<svg/>'
      })
      await project.build([], { LANG: '', LC_ALL: '', LC_CTYPE: '' })
      const site = await project.published()
      expect(Object.keys(site?.files ?? {}).sort()).toEqual(
        ['/a page.html', '/images/ein bild ß.svg', '/été/日本 語.html'].sort()
      )
    }
  )

  test('10 MB of output go through, and the build is published', { tags: 'long' }, async () => {
    const project = new JekyllProject({
      'index.md': PAGE,
      '_plugins/loud.rb': "Jekyll::Hooks.register(:site, :post_read) { 100_000.times { puts '.' * 99 } }"
    })
    const { stdout } = await project.build()
    expect(stdout.length).toBeGreaterThan(10_000_000)
    expect((await project.published())?.record.release).toBe(1)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends Jekyll as well, and publishes nothing',
    { tags: 'long' },
    async (name) => {
      const project = new JekyllProject({ 'index.md': PAGE, '_plugins/hang.rb': HANGS })
      const build = project.start(['build'])
      await until(() => build.output().includes('HANGING'), { describe: build.output })
      build.signal(name)
      expect((await build.finished).exitCode).toBe(name === 'SIGINT' ? 130 : 143)
      expect(await project.published()).toBe(null)
    }
  )

  test('a Jekyll that is killed counts as failed, with 128 and the signal', { tags: 'long' }, async () => {
    const project = new JekyllProject({
      'index.md': PAGE,
      '_plugins/die.rb': "Process.kill('KILL', Process.pid)"
    })
    const build = await project.run(['build'])
    expect(build.exitCode).toBe(137)
    expect(errorsOf(build)).toEqual([expect.stringContaining('Nothing was published')])
  })

  test('the site’s secret is not for Jekyll, its themes and its plugins', async () => {
    const project = new JekyllProject({
      'index.md': PAGE,
      '_plugins/spy.rb': "File.write('env.txt', ENV.to_h.inspect)",
      '_config.yml': 'exclude: [env.txt]\n'
    })
    await project.build()
    const secret = 'ab'.repeat(32)
    await project.build([], { SITEDRIVE_SECRET: secret })
    expect(project.read('env.txt')).toContain('JEKYLL_ENV')
    expect(project.read('env.txt')).not.toContain(secret)
  })

  test(
    '`bundle exec jekyll` is what a Gemfile with Jekyll asks for, and another Gemfile is none of its business',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'index.md': PAGE,
        Gemfile: "gem 'no-such-gem-anywhere'\n"
      })
      await project.build()
      project.write({ Gemfile: "gem 'jekyll'\ngem 'no-such-gem-anywhere'\n" })
      const build = await project.run(['build'])
      expect(build.exitCode).not.toBe(0)
      expect(errorsOf(build)).toEqual([
        expect.stringMatching(/`bundle exec jekyll build` failed.*bundle install/)
      ])
    }
  )

  test('a theme that is not installed is named', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': PAGE, '_config.yml': 'theme: no-such-theme\n' })
    const build = await project.run(['build'])
    expect(build.exitCode).toBe(1)
    expect(errorsOf(build)).toEqual([expect.stringContaining('gem install no-such-theme')])
    expect(await project.published()).toBe(null)
  })

  test('--jekyll names another command', { tags: 'long' }, async () => {
    const project = new JekyllProject({
      'index.md': PAGE,
      '_bin/my jekyll': '',
      '_bin/jekyll': '#!/bin/sh\necho "MINE $1"\nshift\nexec jekyll "$@"\n'
    })
    chmodSync(path.join(project.dir, '_bin/jekyll'), 0o755)
    const { stdout } = await project.build(['--jekyll', '_bin/jekyll mark'])
    expect(stdout).toContain('MINE mark')
    expect((await project.published())?.record.release).toBe(1)
  })

  test('--project works as if started there', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': PAGE })
    const command = bridgeCommand('build', '--project', project.dir)
    const { exitCode } = await runCommand(command, {
      cwd: project.home,
      env: cleanEnvironment({ SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9' })
    })
    expect(exitCode).toBe(0)
    expect((await project.published())?.files).toEqual(project.output())
  })

  test('SITEDRIVE_ALLOW and --allow let a site become smaller', { tags: 'long' }, async () => {
    const pages = Object.fromEntries([1, 2, 3, 4, 5].map((each) => [`${each}.md`, `${PAGE}${each}`]))
    const project = new JekyllProject(pages)
    await project.build()
    for (const name of Object.keys(pages).slice(1)) project.remove(name)
    expect(errorsOf(await project.run(['build']))).toEqual([expect.stringContaining('SHRINK_REFUSED')])
    await project.build(['--allow', 'shrink'])
    expect((await project.published())?.record).toMatchObject({ release: 2, removed: 4 })
  })

  test('--required fails where the build would be left unpublished', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': PAGE })
    const ended = await project.run(['build', '--required'], { CI: 'true' })
    expect(ended.exitCode).toBe(1)
    expect(errorsOf(ended)).toEqual([expect.stringContaining('(NO_PROJECT)')])
  })
})

describe('jekyll-bridge build, before Jekyll is started', () => {
  test.each([
    [
      'a _config.yml that is broken',
      { '_config.yml': 'a: 1\nb: [\nc: 1\n' },
      [],
      '_config.yml:3:1` cannot be read'
    ],
    ['a _config.yml that is no mapping', { '_config.yml': '- a\n' }, [], 'no list of `name: value` lines'],
    ['a configuration that is missing', {}, ['--config', 'no.yml'], 'there is no such file'],
    ['a configuration in TOML', {}, ['--config', 'a.toml'], 'it is TOML'],
    [
      'a destination that is the source',
      { '_config.yml': 'destination: .\n' },
      [],
      'contains the source folder'
    ],
    ['a destination above the source', { 'src/a.md': '' }, ['-s', 'src'], 'contains the source folder'],
    ['the root as destination', {}, ['-d', '/'], 'Nothing was built'],
    ['a destination that is no text', { '_config.yml': 'destination: [a]\n' }, [], '_config.yml:1:1'],
    ['an option without its value', {}, ['--config'], 'needs a value'],
    ['--watch', {}, ['--watch'], '`jekyll-bridge serve` watches'],
    ['an empty --jekyll', {}, ['--jekyll', ' '], '`--jekyll` is empty'],
    ['a --jekyll that is not there', {}, ['--jekyll', 'no/jekyll'], 'There is no `no/jekyll`']
  ])('%s is refused', async (_, files, args, message) => {
    const project = new JekyllProject({ 'index.md': PAGE, ...files })
    const extra = message === 'contains the source folder' && args.length > 0 ? ['-d', '.'] : []
    const build = await project.call(['build', ...args, ...extra])
    expect(build.exitCode).toBeGreaterThan(0)
    expect(errorsOf(build)).toEqual([expect.stringContaining(message)])
    expect(build.stdout).toBe('')
    expect(existsSync(path.join(project.dir, '_site'))).toBe(false)
  })

  test(
    'a destination that is or holds the home folder is refused, and nothing in it is touched',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({ 'index.md': PAGE })
      const home = path.join(project.home, 'people', 'me')
      mkdirSync(home, { recursive: true })
      writeFiles(home, { 'letter.txt': 'dear' })
      for (const destination of [home, path.dirname(home)]) {
        const build = await project.run(['build', '-d', destination], { HOME: home })
        expect(errorsOf(build)).toEqual([expect.stringContaining('your home folder')])
      }
      expect(readFileSync(path.join(home, 'letter.txt'), 'utf8')).toBe('dear')
    }
  )

  test('a destination that holds the data directory is refused', { tags: 'long' }, async () => {
    const project = new JekyllProject({ 'index.md': PAGE })
    const build = await project.run(['build'], { SITEDRIVE_HOME: path.join(project.dir, '_site/state') })
    expect(errorsOf(build)).toEqual([expect.stringContaining('with keys and stores')])
  })

  test('wrong usage ends the real process with 2, too', async () => {
    const { exitCode, stdout, stderr } = await new JekyllProject().run(['biuld'])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      "   Sitedrive error: Unknown command 'biuld'. `jekyll-bridge --help` shows how it is used. (BAD_OPTION)\n"
    )
  })

  test('wrong usage ends with 2', async () => {
    const project = new JekyllProject()
    for (const args of [[], ['biuld'], ['serve', '--port', 'x'], ['build', '--watch']]) {
      const { exitCode, output } = await project.call(args)
      expect({ args, exitCode, isReported: output.includes('BAD_OPTION') }).toEqual({
        args,
        exitCode: 2,
        isReported: true
      })
    }
  })

  test('without Ruby and Jekyll it says how to get them on this system', async () => {
    const project = new JekyllProject({ 'index.md': PAGE })
    const build = await project.run(['build'], { PATH: project.home })
    expect(build.exitCode).toBe(1)
    expect(errorsOf(build)).toEqual([
      expect.stringMatching(/^There is no `jekyll` on this machine\. Install .*`/)
    ])
  })
})

const HANGS = `Jekyll::Hooks.register(:site, :post_read) do
  puts "HANGING"
  sleep
end
`
