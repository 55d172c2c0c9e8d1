import { spawnSync } from 'node:child_process'
import {
  hasBrowser,
  isAlive,
  localDht,
  openBrowser,
  previewStatus,
  readFolder,
  until,
  type Page
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { errorsOf, hasJekyll, JekyllProject, linesOf } from './support/jekyll-project.js'
import { startViewer } from './support/preview-viewer.js'
import { ServeRun } from './support/serve-run.js'

const HOME = '---\nlayout: page\ntitle: Home\n---\nThe first text.\n'
const POST = '---\nlayout: page\ntitle: A post\n---\nWhat the post says.\n'
const BROKEN = '---\nlayout: page\ntitle: A post\n---\nOne line.\n\n{% nonsense %}\n'
const PAGES = { 'index.md': HOME, '_posts/2026-01-02-a-post.md': POST }
const POST_URL = '/2026/01/02/a-post.html'

// Linux has limits for each user namespace too, which whoever makes one may lower.
const WITH_LOW_LIMIT = [
  'unshare',
  '-Ur',
  'sh',
  '-c',
  'echo 2 >/proc/sys/user/max_inotify_watches && exec "$@"'
]
const [unshare = '', ...unshareWords] = WITH_LOW_LIMIT
const hasOwnLimits = spawnSync(unshare, [...unshareWords, 'sh', 'true'], { stdio: 'ignore' }).status === 0

describe.skipIf(!hasJekyll)('jekyll-bridge serve', { timeout: 180_000 }, () => {
  test('shows the first build, an edit, a new page, a removed one, and publishes nothing', async () => {
    const project = new JekyllProject(PAGES)
    const run = await ServeRun.start(project)
    expect(linesOf({ output: run.output() })).toEqual([
      `Live preview: ${run.url}`,
      expect.stringMatching(/^Review and publish: http:\/\/review\.localhost:\d+\/#[\w-]{32}$/),
      `From another machine: npx sitedrive preview '${run.link}'`,
      expect.stringContaining('not published; `jekyll-bridge build` publishes')
    ])
    expect(await run.page('/')).toContain('The first text.')
    project.write({ 'index.md': HOME.replace('first', 'second') })
    await run.untilPage('/', 'The second text.')
    project.write({ 'new page ü.md': HOME })
    await run.untilPage('/new%20page%20%C3%BC.html', 'The first text.')
    project.remove('_posts/2026-01-02-a-post.md')
    await run.until(async () => (await run.fetch(POST_URL)).status === 404)
    expect(await project.published()).toBe(null)

    run.running.signal('SIGINT')
    expect(await run.running.finished).toMatchObject({ exitCode: 0 })
  })

  test.each([
    [
      'Liquid in a page',
      'index.md',
      '---\ntitle: x\n---\n\n\n{% nonsense %}\n',
      { line: 6, message: expect.stringContaining('line 6') }
    ],
    ['Liquid in a layout', '_layouts/page.html', '---\n---\n<p>\n{{ content }\n', { line: 4 }],
    ['Liquid in an include', '_includes/part.html', '<p>\n{% endif %}', { line: 2 }],
    ['YAML in a data file', '_data/people.yml', 'a: 1\nb: [\nc: 2\n', { line: 2 }],
    ['the front matter of a page', 'about.md', '---\ntitle: "x\n---\ntext\n', { line: 2 }],
    ['the front matter of a post', '_posts/2026-01-02-a-post.md', '---\ntitle: [\n---\ntext\n', { line: 3 }],
    ['Sass', 'css/style.scss', '---\n---\np { color: red }\na { color: $none }\n', { line: 4 }]
  ])(
    'an error of %s is shown with file and line, and goes with the next good build',
    { tags: 'long' },
    async (_, file, text, at) => {
      const project = new JekyllProject({
        ...PAGES,
        '_includes/part.html': 'A part.',
        '_data/people.yml': 'a: 1\n',
        'css/style.scss': '---\n---\np { color: red }\n',
        'about.md': HOME,
        'parts.md': '---\nlayout: page\n---\n{% include part.html %}\n'
      })
      const run = await ServeRun.start(project)
      const good = project.read(file)
      project.write({ [file]: text })
      expect(await run.untilFailure()).toMatchObject({ file, ...at })
      // What was there stays to be seen under it.
      expect(await run.page('/')).toContain('The first text.')
      project.write({ [file]: good, 'index.md': HOME.replace('first', 'mended') })
      await run.untilPage('/', 'The mended text.')
      expect((await run.status()).failure).toBe(null)
    }
  )

  test('an error in the first build is shown, and waited out', { tags: 'long' }, async () => {
    const project = new JekyllProject({ ...PAGES, 'broken.md': BROKEN })
    const run = await ServeRun.start(project)
    expect(await run.untilFailure()).toMatchObject({ file: 'broken.md', line: 7 })
    project.write({ 'broken.md': POST })
    await run.untilPage('/broken.html', 'What the post says.')
    expect((await run.status()).failure).toBe(null)
  })

  test('an error of a plugin names its line', { tags: 'long' }, async () => {
    const project = new JekyllProject({ ...PAGES, '_plugins/own.rb': OWN_PLUGIN })
    const run = await ServeRun.start(project)
    project.write({ 'fail.txt': 'now' })
    expect(await run.untilFailure()).toMatchObject({
      message: 'It failed.',
      file: '_plugins/own.rb',
      line: 2
    })
    project.remove('fail.txt')
    await run.until(async () => (await run.status()).failure === null)
  })

  test('starts Jekyll again when a setting is edited, and a broken one is shown until it is mended', async () => {
    const project = new JekyllProject({ ...PAGES, 'index.md': '{{ site.title }}' })
    project.write({ 'index.md': '---\n---\n{{ site.title }}' })
    const run = await ServeRun.start(project)
    const { url } = run
    expect(await run.page('/')).toContain('A site')
    project.write({ '_config.yml': 'title: Another\n' })
    await run.untilPage('/', 'Another')
    await run.watching(2)

    project.write({ '_config.yml': 'title: Another\nplugins: [\nx: 1\n' })
    expect(await run.untilFailure()).toMatchObject({ file: '_config.yml', line: 3 })
    expect(run.jekyllPids).toEqual([])
    project.write({ '_config.yml': 'title: Mended\nplugins: [no-such-gem]\n' })
    await run.until(async () => (await run.status()).failure?.message.includes('could not start') ?? false)
    project.write({ '_config.yml': 'title: Mended\ndestination: out\n' })
    await run.untilPage('/', 'Mended')
    expect((await run.status()).failure).toBe(null)
    expect(run.url).toBe(url)
    expect(readFolder(`${project.dir}/out`)['/index.html']).toContain('Mended')

    await run.watching(3)
    project.write({ 'index.md': '---\n---\n{{ site.title }} again' })
    await run.untilPage('/', 'Mended again')
  })

  test(
    'starts Jekyll again when the first settings are written, and when the site gets an address',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({
        'index.md': '---\n---\n[{{ site.title }}] [{{ site.sitedrive.url }}]'
      })
      project.remove('_config.yml')
      const run = await ServeRun.start(project)
      expect(await run.page('/')).toContain('[] []')
      project.write({ '_config.yml': 'title: Named\n' })
      await run.untilPage('/', '[Named] []')
      await run.watching(2)
      await project.build()
      const site = await project.published()
      await run.untilPage('/', `[Named] [hyper://${site?.key}/]`)
      await run.watching(3)
    }
  )

  test(
    'templates know the address of a project that has one, and no key is made for others',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject({ 'index.md': '---\n---\n[{{ site.sitedrive.url }}]' })
      const first = await ServeRun.start(project)
      expect(await first.page('/')).toContain('[]')
      first.running.signal('SIGINT')
      await first.running.finished
      expect(await project.published()).toBe(null)
      await project.build()
      const site = await project.published()
      const second = await ServeRun.start(project)
      await second.untilPage('/', `[hyper://${site?.key}/]`)
    }
  )

  test('options go to Jekyll, and --livereload is left out', { tags: 'long' }, async () => {
    const project = new JekyllProject({ ...PAGES, '_drafts/idea.md': POST.replace('A post', 'An idea') })
    const run = await ServeRun.start(project, [
      '--incremental',
      '--livereload',
      '--',
      '--drafts',
      '-d',
      'built'
    ])
    expect(run.output()).toContain('Incremental build: enabled')
    expect(linesOf({ output: run.output() })).toContainEqual(
      expect.stringContaining('`--livereload` is left out')
    )
    expect(Object.keys(project.output('built')).join()).toContain('/idea.html')
    project.write({ 'index.md': HOME.replace('first', 'second') })
    await run.untilPage('/', 'The second text.')
    expect(await run.page(POST_URL)).toContain('What the post says.')
  })

  test(
    'with --safe, where Jekyll loads no plugin, edits and errors are shown all the same',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject(PAGES)
      const run = await ServeRun.start(project, ['--safe'])
      expect(await run.page('/')).toContain('The first text.')
      project.write({ 'index.md': HOME.replace('first', 'second') })
      await run.untilPage('/', 'The second text.')
      project.write({ 'index.md': BROKEN })
      expect((await run.untilFailure()).message).toContain("Unknown tag 'nonsense'")
      project.write({ 'index.md': HOME })
      await run.untilPage('/', 'The first text.')
      expect((await run.status()).failure).toBe(null)
    }
  )

  test(
    'is one for a folder: the second says where the first one is, and leaves it alone',
    { tags: 'long' },
    async () => {
      const project = new JekyllProject(PAGES)
      const run = await ServeRun.start(project)
      const second = await project.run(['serve'])
      expect(second.exitCode).toBe(1)
      expect(errorsOf(second)).toEqual([expect.stringMatching(/PREVIEW_RUNNING/)])
      expect(errorsOf(second)[0]).toContain(run.url)
      expect(second.output).not.toContain('Generating')
      expect(await run.page('/')).toContain('The first text.')
    }
  )

  const tellsOfLimit = [
    expect.stringMatching(/fs\.inotify\.max_user_watches` is \d+.*sudo sysctl fs\.inotify\.max_user_watches=/)
  ]
  test.skipIf(!hasOwnLimits)(
    'says which limit keeps folders from being watched, and how to raise it',
    { tags: 'long' },
    async () => {
      const run = await new JekyllProject(PAGES).runBy([...WITH_LOW_LIMIT, 'sh'], ['serve'])
      expect(run.exitCode).toBe(1)
      expect(errorsOf(run)).toEqual(tellsOfLimit)
    }
  )

  test.skipIf(hasOwnLimits)('says which limit it is that Jekyll’s watcher reports', async () => {
    const project = new JekyllProject({ ...PAGES, '_plugins/limit.rb': AT_THE_LIMIT })
    const run = await project.run(['serve'])
    expect(run.exitCode).toBe(1)
    expect(errorsOf(run)).toEqual(tellsOfLimit)
  })

  test('with --json says key, link and address on stdout, and nothing else', { tags: 'long' }, async () => {
    const project = new JekyllProject(PAGES)
    const run = project.start(['serve', '--json'])
    await until(() => run.output().includes('Auto-regeneration: enabled'), { describe: run.output })
    run.signal('SIGTERM')
    const { exitCode, stdout } = await run.finished
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      key: expect.stringMatching(/^\w{52}$/),
      link: expect.stringContaining('hyper://'),
      url: expect.stringContaining('http://localhost:'),
      reviewUrl: expect.stringContaining('http://review.localhost:')
    })
  })

  describe('ends as a whole', () => {
    test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'when the bridge alone gets %s',
      { tags: 'long' },
      async (name) => {
        const run = await ServeRun.start(new JekyllProject(PAGES))
        const jekylls = run.jekyllPids
        expect(jekylls).toHaveLength(1)
        process.kill(run.pid, name)
        expect(await run.running.finished).toMatchObject({ exitCode: 0 })
        expect(jekylls.filter(isAlive)).toEqual([])
      }
    )

    test(
      'when Jekyll is killed: with its exit code, and one line that says so',
      { tags: 'long' },
      async () => {
        const run = await ServeRun.start(new JekyllProject(PAGES))
        const [jekyll = 0] = run.jekyllPids
        process.kill(jekyll, 'SIGKILL')
        const ended = await run.running.finished
        expect(ended.exitCode).toBe(137)
        expect(errorsOf(ended)).toEqual([
          expect.stringContaining('signal 9, and the live preview ends with it')
        ])
      }
    )

    test('when the bridge is killed', async () => {
      const run = await ServeRun.start(new JekyllProject(PAGES))
      const jekylls = run.jekyllPids
      process.kill(run.pid, 'SIGKILL')
      await until(() => jekylls.filter(isAlive).length === 0, { timeoutMs: 120_000 })
      await run.running.finished
    })

    test('when Jekyll hangs, 5 s after it was asked to end', { tags: 'long' }, async () => {
      const project = new JekyllProject({ ...PAGES, '_plugins/hang.rb': HANGS })
      const run = await ServeRun.start(project)
      const jekylls = run.jekyllPids
      project.write({ 'hang.txt': 'now' })
      await run.until(() => run.output().includes('HANGING'))
      process.kill(run.pid, 'SIGINT')
      expect(await run.running.finished).toMatchObject({ exitCode: 0 })
      expect(jekylls.filter(isAlive)).toEqual([])
    })
  })

  test.each([
    ['a broken _config.yml', { '_config.yml': 'a: [\nb: 1\n' }, [], '_config.yml:2:1` cannot be read'],
    [
      'a destination that is the source',
      { '_config.yml': 'destination: .\n' },
      [],
      'contains the source folder'
    ],
    ['an option that Jekyll does not know', {}, ['--nonsense'], 'before it built anything']
  ])('%s from the start ends it at once', { tags: 'long' }, async (_, files, args, message) => {
    const ended = await new JekyllProject({ ...PAGES, ...files }).run(['serve', ...args])
    expect(ended.exitCode).toBe(1)
    expect(errorsOf(ended)).toEqual([expect.stringContaining(message)])
  })

  test.skipIf(!hasBrowser)(
    'in a browser at another peer, an edit is seen, an error lies over it, and goes when it is mended',
    { tags: 'long' },
    async () => {
      const { variable } = await localDht()
      const project = new JekyllProject(PAGES)
      const run = await ServeRun.start(project, [], { SITEDRIVE_BOOTSTRAP: variable })
      const url = await startViewer(run.link, variable)
      await until(async () => (await fetch(url)).status === 200, { describe: () => run.output() })
      const page = await (await openBrowser()).newPage()
      await page.goto(new URL(POST_URL, url).href)
      await page.evaluate('window.isSame = true')
      const text = () => page.locator('body').textContent()
      expect(await text()).toContain('What the post says.')

      const edit = (content: string) => project.write({ '_posts/2026-01-02-a-post.md': content })
      edit(POST.replace('says', 'says now'))
      await until(async () => (await text())?.includes('What the post says now.'))
      edit(BROKEN)
      await until(async () => (await overlay(page))?.includes('_posts/2026-01-02-a-post.md:7'))
      expect(await overlay(page)).toContain("Unknown tag 'nonsense'")
      expect((await previewStatus(url)).failure).toMatchObject({ line: 7 })
      edit(POST.replace('says', 'says in the end'))
      await until(async () => (await text())?.includes('What the post says in the end.'))
      await until(async () => (await overlay(page)) === null)
      expect(await page.evaluate('window.isSame')).toBe(true)
    }
  )
})

const OWN_PLUGIN = `Jekyll::Hooks.register(:site, :post_read) do |site|
  raise "It failed." if File.exist?("fail.txt")
end
`
const HANGS = `Jekyll::Hooks.register(:site, :post_read) do |site|
  if File.exist?("hang.txt")
    trap("INT", "IGNORE")
    puts "HANGING"
    sleep
  end
end
`
// Where the limit is the whole machine's, it is not for a test to reach it.
const AT_THE_LIMIT = `require "listen"
module AtTheLimit
  def start
    raise Listen::Error::INotifyMaxWatchesExceeded, "Unable to monitor directories for changes."
  end
end
Listen::Listener.prepend(AtTheLimit)
`

interface Node {
  nodeId: number
  localName: string
  shadowRoots?: Node[]
  children?: Node[]
}

/** What lies over the page: in a closed shadow root, which only the browser's own tools reach. Null: nothing. */
async function overlay(page: Page): Promise<string | null> {
  const tools = await page.context().newCDPSession(page)
  try {
    const { root } = await tools.send('DOM.getDocument', { depth: -1, pierce: true })
    const shadow = find(root as Node)
    if (!shadow) return null
    const { object } = await tools.send('DOM.resolveNode', { nodeId: shadow.nodeId })
    const { result } = await tools.send('Runtime.callFunctionOn', {
      objectId: object.objectId ?? '',
      functionDeclaration: "function () { return this.querySelector('div')?.textContent ?? null }",
      returnByValue: true
    })
    return result.value as string | null
  } catch {
    return '' // it went away between two questions
  } finally {
    await tools.detach()
  }
}

function find(node: Node): Node | undefined {
  if (node.localName === 'sitedrive-live') return node.shadowRoots?.[0]
  return node.children?.map(find).find((found) => found !== undefined)
}
