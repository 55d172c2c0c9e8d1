import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import {
  cleanEnvironment,
  readFolder,
  readProjectSite,
  runCommand,
  startCommand,
  temporaryFolder,
  until,
  writeFiles,
  type Command
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { NOWHERE } from './support/jekyll-project.js'
import { sitedriveCommand } from './support/sitedrive-command.js'

// Hugo needs no bridge: what docs/recipes.md says of it is tested here.
const hasHugo = spawnSync('hugo', ['version'], { stdio: 'ignore' }).status === 0
const BUILD = ['run', '--', 'sh', '-c', 'rm -rf public && hugo']

class HugoSite {
  readonly dir = temporaryFolder()
  readonly home = temporaryFolder()

  constructor() {
    const template = '<!doctype html><title>{{ .Title }}</title>{{ .Content }}'
    this.write({
      'config.toml': 'title = "A site"\nbaseURL = "/"\ndisableKinds = ["taxonomy", "term", "RSS"]\n',
      'layouts/_default/single.html': template,
      'layouts/_default/list.html': template
    })
    for (const name of ['one', 'two', 'three']) this.page(name, `The page ${name}`)
  }

  write(files: Record<string, string>): void {
    writeFiles(this.dir, files)
  }

  page(name: string, text: string): void {
    this.write({ [`content/${name}.md`]: `---\ntitle: ${name}\n---\n${text}\n` })
  }

  run(args: readonly string[] = BUILD) {
    return runCommand(sitedriveCommand(...args), this.options())
  }

  start(command: Command) {
    return startCommand(command, this.options())
  }

  published() {
    return readProjectSite(this.home, this.dir)
  }

  output() {
    return readFolder(path.join(this.dir, 'public'))
  }

  private options() {
    const variables = { SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: NOWHERE }
    return { cwd: this.dir, env: cleanEnvironment(variables) }
  }
}

describe.skipIf(!hasHugo)('Hugo', { timeout: 180_000 }, () => {
  test(
    '`sitedrive run` publishes each build: new pages, edits, removals, and nothing where nothing changed',
    { tags: 'long' },
    async () => {
      const site = new HugoSite()
      expect((await site.run()).output).toContain('Release 1')
      expect((await site.published())?.files).toEqual(site.output())
      expect((await site.run()).output).toContain('No change')
      site.page('two', 'Edited')
      expect((await site.run()).output).toContain('Release 2: 1 ')
      rmSync(path.join(site.dir, 'content/two.md'))
      expect((await site.run()).output).toContain('1 page removed')
      expect((await site.published())?.files).toEqual(site.output())
    }
  )

  test('a build that fails publishes nothing, and its exit code stays', { tags: 'long' }, async () => {
    const site = new HugoSite()
    await site.run()
    const before = await site.published()
    site.write({ 'layouts/_default/single.html': '{{ nonsense' })
    const { exitCode } = await site.run()
    expect(exitCode).toBeGreaterThan(1)
    expect(await site.published()).toEqual(before)
  })

  test('`sitedrive watch public` shows what `hugo --watch` writes', { tags: 'long' }, async () => {
    const site = new HugoSite()
    const hugo = site.start({ command: 'hugo', args: ['--watch'] })
    const watch = site.start(sitedriveCommand('watch', 'public'))
    const url = () => /^http:\/\/localhost:\d+\/$/m.exec(watch.output())?.[0]
    const shows = async (text: string) => {
      const address = url()
      if (address === undefined) return false
      return (await (await fetch(new URL('/one/', address))).text()).includes(text)
    }
    const describe = () => hugo.output() + watch.output()
    await until(() => shows('The page one'), { describe })
    await until(() => hugo.output().includes('Watching for changes'), { describe })
    site.page('one', 'Seen at once')
    await until(() => shows('Seen at once'), { describe })
    for (const each of [watch, hugo]) {
      each.signal('SIGINT')
      await each.finished
    }
  })
})
