import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { localDht } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { siteOnline, startSeed } from './support/site-online.js'
import { lastLine, STRANGER, Workbench } from './support/workbench.js'

interface Project {
  key: string
  seeds: string[]
  source?: boolean
  fork?: { of: string; release: number | null; version: number }
  mirror?: string
  buildCommand?: string
}

const projectOf = (dir: string): Project =>
  JSON.parse(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')) as Project

function git(dir: string, ...args: string[]): string {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false']
  return execFileSync('git', ['-C', dir, ...who, ...args], { encoding: 'utf8' }).trim()
}

/** The project of an author who publishes the source, too. */
const SOURCE = {
  '.gitignore': 'dist\n',
  'src/index.md': '# Online',
  // A fork must run nothing of it.
  'package.json': JSON.stringify({
    scripts: { preinstall: 'touch ran', build: 'mkdir -p dist && cp src/index.md dist/index.html' }
  })
}

function withSource(author: Workbench): void {
  const file = path.join(author.project, 'sitedrive.json')
  const project = {
    ...projectOf(author.project),
    source: true,
    mirror: 'https://example.org/',
    buildCommand: 'touch ran'
  }
  writeFileSync(file, JSON.stringify(project))
  git(author.project, 'init', '-q')
  git(author.project, 'add', '.')
  git(author.project, 'commit', '-q', '-m', 'first')
}

describe('sitedrive fork', () => {
  test(
    'makes a site of its own of the source of another, which says where it comes from and publishes',
    { timeout: 120_000 },
    async () => {
      const { variable } = await localDht()
      const env = { SITEDRIVE_BOOTSTRAP: variable }
      const online = await siteOnline(variable, SOURCE, withSource)
      const stranger = new Workbench()
      const forked = await stranger.withProcess(env, '--json', 'fork', online.link, 'mine')
      expect([forked.exitCode, forked.stderr]).toEqual([0, ''])
      const dir = path.join(stranger.project, 'mine')
      const commit = git(online.author.project, 'rev-parse', 'HEAD')
      expect(JSON.parse(forked.stdout)).toMatchObject({
        hasSource: true,
        source: true,
        of: { release: 1, commit }
      })

      // The same files as the author's, but for whose site it is.
      expect(readdirSync(dir).toSorted()).toEqual([
        '.git',
        '.gitignore',
        'package.json',
        'sitedrive.json',
        'src'
      ])
      expect(readFileSync(path.join(dir, 'src/index.md'), 'utf8')).toBe('# Online')
      const project = projectOf(dir)
      expect(project).toMatchObject({ seeds: [], source: true, fork: { of: online.author.key, release: 1 } })
      expect(project.key).not.toBe(online.author.key)
      expect([project.mirror, project.buildCommand, existsSync(path.join(dir, 'ran'))]).toEqual([
        undefined,
        undefined,
        false
      ])

      // It publishes, and its releases say where they come from.
      mkdirSync(path.join(dir, 'dist'))
      writeFileSync(path.join(dir, 'dist/index.html'), '<h1>Mine</h1>')
      const published = await stranger.withProcess({}, 'publish', 'dist', '--project', dir)
      expect([published.exitCode, lastLine(published.stdout)]).toEqual([0, `hyper://${project.key}/`])
      const log = await stranger.withProcess({}, 'log', '--project', dir)
      expect(log.stdout).toContain(`Fork of ${online.link} at release 1`)
      const status = await stranger.withProcess({}, 'status', '--project', dir)
      expect(status.stdout).toContain(`Fork of ${online.link} at release 1`)
    }
  )

  test(
    'takes the files of a site that carries no source, and leaves a folder alone that has others',
    { timeout: 120_000 },
    async () => {
      const { variable } = await localDht()
      const env = { SITEDRIVE_BOOTSTRAP: variable }
      const online = await siteOnline(variable)
      const stranger = new Workbench({ 'taken/own.txt': 'mine' })
      const forked = await stranger.withProcess(env, 'fork', online.link, 'mine')
      expect(forked.exitCode).toBe(0)
      const dir = path.join(stranger.project, 'mine')
      expect(forked.stdout).toContain('npx sitedrive publish site')
      expect(readFileSync(path.join(dir, 'site/index.html'), 'utf8')).toBe('<h1>Online</h1>')
      expect(projectOf(dir)).toMatchObject({ fork: { of: online.author.key, release: 1 } })
      expect(projectOf(dir).source).toBeUndefined()
      const published = await stranger.withProcess({}, 'publish', 'site', '--project', dir)
      expect(published.exitCode).toBe(0)

      const refused = await stranger.withProcess(env, '--json', 'fork', online.link, 'taken')
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'DIR_INVALID' } })
      expect(readdirSync(path.join(stranger.project, 'taken'))).toEqual(['own.txt'])
    }
  )

  test(
    'with --update takes over what the other site has published since, and overwrites nothing that was changed here',
    { timeout: 180_000 },
    async () => {
      const { variable } = await localDht()
      const env = { SITEDRIVE_BOOTSTRAP: variable }
      const lines = (changed: Record<number, string> = {}) =>
        Array.from({ length: 9 }, (_, n) => changed[n] ?? `line ${n}`).join('\n')
      const online = await siteOnline(
        variable,
        {
          ...SOURCE,
          'src/same.md': 'same',
          'src/theirs.md': 'first',
          'src/both.md': lines(),
          'src/clash.md': lines(),
          'src/gone.md': 'gone',
          'src/kept.md': 'kept',
          'picture.bin': 'a\0b'
        },
        withSource
      )
      const stranger = new Workbench()
      expect((await stranger.withProcess(env, 'fork', online.link, 'mine')).exitCode).toBe(0)
      const dir = path.join(stranger.project, 'mine')
      const update = () => stranger.withProcess(env, '--json', 'fork', '--update', '--project', dir)
      const nothing = await update()
      expect([nothing.exitCode, JSON.parse(nothing.stdout)]).toMatchObject([0, { release: 1, files: [] }])

      const mine = {
        'src/both.md': lines({ 1: 'mine' }),
        'src/clash.md': lines({ 4: 'mine' }),
        'src/kept.md': 'kept, edited',
        'picture.bin': 'a\0mine',
        'src/own.md': 'own'
      }
      for (const [name, text] of Object.entries(mine)) writeFileSync(path.join(dir, name), text)
      for (const name of ['src/gone.md', 'src/kept.md']) rmSync(path.join(online.author.project, name))
      await online.publish({
        'dist/index.html': '<h1>Second</h1>',
        'src/theirs.md': 'second',
        'src/both.md': lines({ 7: 'theirs' }),
        'src/clash.md': lines({ 4: 'theirs' }),
        'src/new.md': 'new',
        'picture.bin': 'a\0theirs'
      })
      const updated = await update()
      expect(updated.exitCode).toBe(1)
      const { files, release } = JSON.parse(updated.stdout) as {
        files: { path: string; did: string }[]
        release: number
      }
      expect(release).toBe(2)
      expect(Object.fromEntries(files.map(({ path: file, did }) => [file, did]))).toEqual({
        '/picture.bin': 'conflict',
        '/src/both.md': 'merged',
        '/src/clash.md': 'conflict',
        '/src/gone.md': 'removed',
        '/src/kept.md': 'conflict',
        '/src/new.md': 'added',
        '/src/theirs.md': 'updated'
      })
      const text = (name: string) => readFileSync(path.join(dir, name), 'utf8')
      expect(text('src/both.md')).toBe(lines({ 1: 'mine', 7: 'theirs' }))
      expect(text('src/clash.md')).toBe(
        lines({ 4: '<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> theirs, release 2' })
      )
      expect([text('src/new.md'), text('src/theirs.md'), text('src/own.md')]).toEqual([
        'new',
        'second',
        'own'
      ])
      expect([text('src/kept.md'), text('picture.bin')]).toEqual(['kept, edited', 'a\0mine'])
      expect(existsSync(path.join(dir, 'src/gone.md'))).toBe(false)
      expect(projectOf(dir).fork).toMatchObject({ of: online.author.key, release: 2 })
      expect(JSON.parse((await update()).stdout)).toMatchObject({ files: [] })
    }
  )

  test(
    'is accepted by the author of the other site, who takes over what was changed, and publishes it',
    { timeout: 180_000 },
    async () => {
      const { variable } = await localDht()
      const env = { SITEDRIVE_BOOTSTRAP: variable }
      const online = await siteOnline(variable, { ...SOURCE, 'src/other.md': 'first' }, withSource)
      const stranger = new Workbench()
      const dir = path.join(stranger.project, 'mine')
      expect((await stranger.withProcess(env, 'fork', online.link, 'mine')).exitCode).toBe(0)
      const inFork = (...args: string[]) => stranger.withProcess(env, ...args, '--project', dir)
      const shown = JSON.parse((await inFork('--json', 'key', 'show')).stdout) as Record<string, string>
      const seed = await startSeed(String(shown['publisherKey']), variable)
      await inFork('init', '--seed', seed.key, '--yes')
      writeFileSync(path.join(dir, 'src/index.md'), '# Online, and better')
      writeFileSync(path.join(dir, 'src/added.md'), 'added')
      mkdirSync(path.join(dir, 'dist'))
      writeFileSync(path.join(dir, 'dist/index.html'), '<h1>Better</h1>')
      expect((await inFork('publish', 'dist')).exitCode).toBe(0)

      const proposed = await inFork('propose')
      expect([proposed.exitCode, proposed.stderr]).toEqual([0, expect.stringContaining('in no commit')])
      expect(proposed.stdout.trimEnd().split('\n').slice(-2)).toEqual([
        `npx sitedrive review hyper://${projectOf(dir).key}/`,
        `npx sitedrive accept hyper://${projectOf(dir).key}/`
      ])

      // What the author's readers would see.
      const { author } = online
      const reviewed = await author.withProcess(env, '--json', 'review', `hyper://${projectOf(dir).key}/`)
      expect([reviewed.exitCode, JSON.parse(reviewed.stdout)]).toMatchObject([
        3,
        { key: author.key, release: 1, changes: [{ op: 'change', path: '/index.html' }] }
      ])

      // Meanwhile the author has gone on.
      await online.publish({ 'src/other.md': 'second', 'dist/index.html': '<h1>Second</h1>' })
      const project = readFileSync(path.join(author.project, 'sitedrive.json'), 'utf8')
      const forkLink = `hyper://${projectOf(dir).key}/`
      const accepted = await author.withProcess(env, '--json', 'accept', forkLink)
      expect([accepted.exitCode, JSON.parse(accepted.stdout)]).toMatchObject([
        0,
        {
          release: 1,
          from: 1,
          files: [
            { path: '/src/added.md', did: 'added' },
            { path: '/src/index.md', did: 'updated' }
          ]
        }
      ])
      const text = (name: string) => readFileSync(path.join(author.project, name), 'utf8')
      expect([text('src/index.md'), text('src/added.md'), text('src/other.md')]).toEqual([
        '# Online, and better',
        'added',
        'second'
      ])
      expect(text('sitedrive.json')).toBe(project)
      await online.publish({ 'dist/index.html': '<h1>Better, too</h1>' })
      // The fork takes that over, and finds its own work in it.
      const updated = JSON.parse((await inFork('--json', 'fork', '--update')).stdout) as { files: unknown }
      expect(updated.files).toEqual([{ path: '/src/other.md', did: 'updated', why: null }])

      // Who is no fork is refused in words; so is a fork of a fork.
      const other = await siteOnline(variable)
      const refused = await author.withProcess(env, 'accept', other.link)
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('is no fork of')])
      const ofFork = await other.author.withProcess(env, 'accept', forkLink)
      expect([ofFork.exitCode, ofFork.stderr]).toEqual([
        1,
        expect.stringContaining(`it is a fork of ${online.link}`)
      ])
      await seed.stop()
    }
  )

  test('says what to write when a link, a folder or a fork is missing', async () => {
    const nobody = new Workbench({ 'dist/index.html': 'x' })
    expect((await nobody.json('fork')).value.error?.code).toBe('BAD_OPTION')
    expect((await nobody.json('fork', '--update')).value.error?.code).toBe('NOT_A_FORK')
    expect((await nobody.json('fork', '--update', 'hyper://x/')).value.error?.code).toBe('BAD_OPTION')
    expect((await nobody.json('propose')).value.error?.code).toBe('NOT_A_FORK')
    expect((await nobody.json('accept', STRANGER)).value.error?.code).toBe('NO_PROJECT')
  })
})
