import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../clean-environment.js'
import { writeFiles } from '../folder-files.js'
import { localDht } from '../local-dht.js'
import { runToSuccess, startCommand, type Running } from '../run-command.js'
import { temporaryFolder } from '../temporary-folder.js'
import { until } from '../until.js'
import type { Values } from './match-output.js'
import type { ProjectName, ProjectState } from './parse-examples.js'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const STAND_IN = path.join(ROOT, 'packages/testing/dist/shell-examples/stand-in-npm.js')
const MAIN = path.join(ROOT, 'packages/cli/dist/sitedrive-main.js')

/** What a build or a publish leaves in an example. */
const MADE = /[/\\](node_modules|_site|dist|\.jekyll-cache|sitedrive\.json)$/

const SITE = {
  'package.json': '{ "private": true, "type": "module" }\n',
  ...Object.fromEntries(
    [
      ['index', 'Home'],
      ['about', 'About'],
      ['contact', 'Contact']
    ].map(([name, title]) => [
      `_site/${name}.html`,
      `<!doctype html>\n<html lang="en"><title>${title}</title><h1>${title}</h1><a href="/">Home</a></html>\n`
    ])
  )
}

const HUGO_SITE = {
  'config.toml': 'title = "A site"\nbaseURL = "/"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n',
  'layouts/_default/single.html':
    '<!doctype html>\n<html lang="en"><title>{{ .Title }}</title>{{ .Content }}</html>\n',
  'layouts/index.html':
    '<!doctype html>\n<html lang="en"><title>{{ .Site.Title }}</title><h1>Home</h1></html>\n',
  'content/about.md': '---\ntitle: About\n---\nWords.\n'
}

/** A reader's machine: a project, a data directory, a private DHT, and `npm` and `npx` that bring this workspace's packages. */
export class ExampleMachine {
  readonly values: Values = new Map()
  readonly env: NodeJS.ProcessEnv
  /** The project. */
  readonly dir: string
  private readonly running: Running[] = []
  private readonly bootstrap: string

  private constructor(work: string, project: ProjectName, bootstrap: string) {
    this.bootstrap = bootstrap
    this.dir = path.join(work, project === 'empty' || project === 'site' ? 'my-site' : project)
    const [bin, globals, state, home] = ['bin', 'global', 'state', 'home'].map((name) =>
      path.join(work, name)
    ) as [string, string, string, string]
    for (const each of [this.dir, bin, globals, state, home]) mkdirSync(each)
    writeFiles(state, { folder: `${this.dir}\n`, code: '0\n' })
    // `peer --local` joins it.
    writeFiles(home, { 'local-network.json': JSON.stringify({ bootstrap, pid: process.pid }) })
    const realNpm = path.join(path.dirname(process.execPath), 'npm')
    for (const program of ['npm', 'npx']) {
      writeFileSync(
        path.join(bin, program),
        `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' ${program} '${realNpm}' "$@"\n`
      )
      chmodSync(path.join(bin, program), 0o755)
    }
    this.env = cleanEnvironment({
      SITEDRIVE_HOME: home,
      SITEDRIVE_BOOTSTRAP: bootstrap,
      EXAMPLE_STATE: state,
      EXAMPLE_GLOBAL_BIN: globals,
      PATH: [bin, globals, process.env['PATH']].join(path.delimiter)
    })
  }

  static async open(project: ProjectName, has: ReadonlySet<ProjectState>): Promise<ExampleMachine> {
    const { variable } = await localDht()
    const machine = new ExampleMachine(temporaryFolder(), project, variable)
    await machine.fill(project)
    if (has.has('key')) await machine.makeKey()
    if (has.has('peer') || has.has('seeded')) await machine.runPeer(has.has('seeded'))
    if (has.has('published')) await machine.publish(project)
    return machine
  }

  /** Ends it with the page. */
  keep(running: Running): void {
    this.running.push(running)
  }

  /** Stops what stays up, as by Ctrl-C, and waits for it. @throws when one goes on all the same */
  async close(): Promise<void> {
    for (const running of this.running.toReversed()) {
      let hasEnded = false
      const ended = () => (hasEnded = true)
      running.finished.then(ended, ended)
      running.signal('SIGINT')
      await until(() => hasEnded, { describe: () => `Ctrl-C did not end what printed:\n${running.output()}` })
    }
  }

  private async fill(project: ProjectName): Promise<void> {
    if (project === 'empty') return
    if (project === 'site') return writeFiles(this.dir, SITE)
    if (project === 'hugo-site') return writeFiles(this.dir, HUGO_SITE)
    cpSync(path.join(ROOT, 'examples', project), this.dir, {
      recursive: true,
      filter: (file) => !MADE.test(file)
    })
    await this.run('npm', 'install')
  }

  /** @returns the publisher's key */
  private async makeKey(): Promise<string> {
    const { link = '', key = '' } = await this.json('init')
    const { publisherKey = '' } = await this.json('key', 'show')
    for (const [name, value] of Object.entries({ key, link, 'publisher key': publisherKey }))
      this.values.set(name, value)
    return publisherKey
  }

  /** A peer on another machine, which trusts the publisher of this one and keeps what others pin. */
  private async runPeer(isPinned: boolean): Promise<void> {
    const words = ['--json', '--bootstrap', this.bootstrap, 'peer', '--port', '0', '--allow-strangers']
    words.push('--trust', await this.makeKey())
    const running = startCommand(
      { command: process.execPath, args: [MAIN, ...words] },
      {
        cwd: this.dir,
        env: cleanEnvironment({ SITEDRIVE_HOME: path.join(temporaryFolder(), 'home') }),
        deadlineMs: 600_000
      }
    )
    this.keep(running)
    const [ready] = await until(() => /^\{.*\}$/m.exec(running.output()), { describe: running.output })
    const peer = JSON.parse(ready) as { key: string; url: string }
    this.values.set('peer key', peer.key).set('port', new URL(peer.url).port)
    if (isPinned) await this.json('init', '--seed', peer.key)
  }

  private async publish(project: ProjectName): Promise<void> {
    if (project === 'empty') throw new Error('an empty folder has nothing to publish')
    await (project === 'site'
      ? this.run('npx', 'sitedrive', 'publish', '_site')
      : this.run('npm', 'run', 'build'))
  }

  private async json(...words: string[]): Promise<Record<string, string>> {
    return JSON.parse(await this.run('npx', 'sitedrive', '--json', ...words)) as Record<string, string>
  }

  private async run(command: string, ...args: string[]): Promise<string> {
    return (await runToSuccess({ command, args }, { cwd: this.dir, env: this.env, deadlineMs: 170_000 }))
      .stdout
  }
}
