import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { describe, expect, test } from 'vitest'
import { decodeKey } from '../src/holepunch/site-key.js'
import { walkSource } from '../src/source/walk-source.js'
import { TOKENS } from './support/made-secrets.js'
import { codeOfRejection, Workshop, type Files } from './support/workshop.js'

/** A project of a person who uses git, with a site that was published before. */
class SourceShop extends Workshop {
  static async withRelease(source: Files): Promise<SourceShop> {
    const shop = new SourceShop({ 'index.html': '<title>Home</title>' })
    shop.git('init', '-q', '-b', 'main')
    shop.source({ '.gitignore': '_site\n.env\n', ...source })
    await shop.publish()
    shop.setSource(true)
    return shop
  }

  git(...args: string[]): string {
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false']
    return execFileSync('git', ['-C', this.projectDir, ...who, ...args], { encoding: 'utf8' }).trim()
  }

  commit(): string {
    this.git('add', '.')
    this.git('commit', '-q', '-m', 'work')
    return this.git('rev-parse', 'HEAD')
  }

  source(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.projectDir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }

  setSource(isOn: boolean): void {
    const file = path.join(this.projectDir, 'sitedrive.json')
    const project = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...project, source: isOn }))
  }

  /** What a plain Hyperdrive has below the folder of the source, and what the record says of it. */
  async readPlainly(): Promise<{ files: Record<string, string>; record: unknown }> {
    const store = new Corestore(this.paths.store, { readOnly: true, allowBackup: true })
    const drive = new Hyperdrive(store, decodeKey(this.key))
    await drive.ready()
    try {
      const files: Record<string, string> = {}
      for await (const { key } of drive.entries()) {
        if (key.startsWith('/.well-known/source/'))
          files[key.slice('/.well-known/source/'.length)] = String(await drive.get(key))
      }
      const record = await drive.entry('/.well-known/sitedrive.json')
      return { files, record: (record?.value.metadata as { source?: unknown } | undefined)?.source }
    } finally {
      await drive.close()
    }
  }

  /** The files that git would add, but for those of this list. */
  gitWouldAdd(without: readonly string[] = []): Record<string, string> {
    const names = this.git('ls-files', '--cached', '--others', '--exclude-standard').split('\n')
    const read = (name: string) => readFileSync(path.join(this.projectDir, name), 'utf8')
    return Object.fromEntries(
      names.filter((name) => !without.includes(name)).map((name) => [name, read(name)])
    )
  }
}

describe('with `source` on', () => {
  test('a release has what git would take, with the commit', async () => {
    const shop = await SourceShop.withRelease({
      'src/index.md': '# Home',
      '.github/workflows/publish.yml': 'on: push',
      'package.json': '{}'
    })
    const commit = shop.commit()
    await shop.publish()
    expect(await shop.readPlainly()).toEqual({
      files: shop.gitWouldAdd(),
      record: { commit, isChanged: false, files: 5, bytes: expect.any(Number) as number }
    })
    expect(await shop.published()).toEqual({ 'index.html': '<title>Home</title>' })

    // What is not in a commit yet travels, too, and the record says so.
    shop.source({ 'src/index.md': '# Home, edited', 'src/new.md': 'new' })
    shop.git('rm', '-q', '--cached', 'package.json')
    rmSync(path.join(shop.projectDir, 'package.json'))
    await shop.publish()
    const { files, record } = await shop.readPlainly()
    expect(files).toEqual(shop.gitWouldAdd())
    expect(files).toMatchObject({ 'src/index.md': '# Home, edited', 'src/new.md': 'new' })
    expect(record).toMatchObject({ commit, isChanged: true })
  })

  test('nothing is published when neither the site nor its source has changed', async () => {
    const shop = await SourceShop.withRelease({ 'src/index.md': '# Home' })
    await shop.publish()
    expect((await shop.publisher().publish(shop.dir)).status).toBe('unchanged')
    shop.source({ 'src/index.md': '# Home, edited' })
    expect(await shop.publish()).toMatchObject({ release: 3, changes: [] })
  })

  test('files of passwords, links, and what .sitedriveignore names stay out, also when git has them', async () => {
    const shop = await SourceShop.withRelease({
      'src/index.md': '# Home',
      '.env.production': 'TOKEN=1',
      'notes/private.md': 'not for others',
      '.sitedriveignore': 'notes/\n',
      '.env.example': 'TOKEN='
    })
    symlinkSync('/etc/hostname', path.join(shop.projectDir, 'src/link'))
    shop.commit()
    await shop.publish()
    const { files } = await shop.readPlainly()
    expect(files).toEqual(shop.gitWouldAdd(['.env.production', 'notes/private.md', 'src/link']))
    expect(Object.keys(files)).toContain('.env.example')
  })

  test('a secret in the source stops the publish before anything is signed', async () => {
    const shop = await SourceShop.withRelease({
      'src/config.js': `const key = '${String(TOKENS[0]?.[1])}'`
    })
    const before = await shop.record()
    const refused = shop.publisher().publish(shop.dir)
    await expect(refused).rejects.toMatchObject({ code: 'SECRET_FOUND' })
    await expect(refused).rejects.toThrow(/"source": true.*src\/config\.js/s)
    expect(await shop.record()).toEqual(before)
  })

  test('a folder without git is refused in words', async () => {
    const shop = await SourceShop.withRelease({ 'src/index.md': '# Home' })
    rmSync(path.join(shop.projectDir, '.git'), { recursive: true })
    expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('NO_SOURCE')
  })

  test('a hook of another repository does not say what the source is', async () => {
    const shop = await SourceShop.withRelease({ 'src/index.md': '# Home', 'draft.md': 'not for others' })
    shop.source({ '.git/info/exclude': 'draft.md\n' })
    const commit = shop.commit()
    const other = new SourceShop()
    other.git('init', '-q')
    other.source({ 'draft.md': 'another' })
    other.commit()
    const at = path.join(other.projectDir, '.git')
    const env = {
      ...shop.env,
      GIT_DIR: at,
      GIT_INDEX_FILE: path.join(at, 'index'),
      GIT_WORK_TREE: shop.projectDir,
      GIT_PREFIX: 'src/'
    }
    await shop.publish({ env })
    const { files, record } = await shop.readPlainly()
    expect(files).toEqual(shop.gitWouldAdd())
    expect(record).toMatchObject({ commit, isChanged: false })
  })

  test('no program that the repository names is run', async () => {
    const shop = await SourceShop.withRelease({
      'src/index.md': '# Home',
      '.gitattributes': '*.md filter=a.b=c\n'
    })
    shop.commit()
    const ran = path.join(shop.root, 'ran')
    const program = `sh -c 'touch "${ran}"; cat'`
    for (const name of ['filter.a.b=c.clean', 'filter.a.b=c.process', 'core.fsmonitor'])
      shop.git('config', '--file', path.join(shop.root, 'included'), name, program)
    shop.git('config', 'include.path', path.join(shop.root, 'included'))
    shop.source({ '.git/hooks/post-index-change': `#!/bin/sh\ntouch "${ran}"\n` })
    chmodSync(path.join(shop.projectDir, '.git/hooks/post-index-change'), 0o755)
    // The same size and another time: git must compare the content.
    shop.source({ 'src/index.md': '# Hame' })
    await shop.publish()
    expect(existsSync(ran)).toBe(false)
    expect((await shop.readPlainly()).files['src/index.md']).toBe('# Hame')
  })

  test.skipIf(process.platform !== 'linux')(
    'a file whose name is not UTF-8 is refused until it is renamed, and not left out in silence',
    async () => {
      const shop = await SourceShop.withRelease({ 'src/index.md': '# Home' })
      const badly = Buffer.concat([Buffer.from(`${shop.projectDir}/src/caf`), Buffer.from([0xe9])])
      writeFileSync(badly, 'text')
      shop.commit()
      expect(await codeOfRejection(shop.publisher().publish(shop.dir))).toBe('BAD_NAME')
      renameSync(badly, path.join(shop.projectDir, 'src/café'))
      await shop.publish()
      expect((await shop.readPlainly()).files['src/café']).toBe('text')
    }
  )

  test('a project that its repository ignores is refused, and not published as nothing', async () => {
    const shop = await SourceShop.withRelease({ 'src/index.md': '# Home', '.gitignore': '*\n' })
    const refused = shop.publisher().publish(shop.dir)
    await expect(refused).rejects.toMatchObject({ code: 'NO_SOURCE' })
    await expect(refused).rejects.toThrow(/\.gitignore/)
  })

  test('says that the source is not as the commit has it when it is not, and only then', async () => {
    const shop = await SourceShop.withRelease({ 'sub/src/index.md': '# Home', 'sub/.env': 'A=1' })
    shop.source({ '.gitignore': '' })
    shop.commit()
    const isChanged = async () => {
      const walk = await walkSource({
        projectDir: path.join(shop.projectDir, 'sub'),
        siteDir: path.join(shop.projectDir, 'sub/_site'),
        env: shop.env
      })
      return walk.isChanged
    }
    // What is no source does not count: the output, though git has it, passwords, and what lies beside the project.
    shop.source({ 'sub/_site/new.html': 'new', 'sub/.env': 'A=2', 'beside.md': 'new' })
    expect(await isChanged()).toBe(false)

    shop.git('config', 'status.showUntrackedFiles', 'no')
    shop.source({ 'sub/src/new.md': 'new' })
    expect(await isChanged()).toBe(true)
    shop.commit()
    shop.git('add', '-f', 'sub')
    expect(await isChanged()).toBe(false)

    // Git does not look at a file of which it was told so.
    shop.git('update-index', '--assume-unchanged', 'sub/src/new.md')
    expect(await isChanged()).toBe(true)
    shop.git('update-index', '--no-assume-unchanged', 'sub/src/new.md')
    shop.git('sparse-checkout', 'set', '--no-cone', '/*', '!new.md')
    expect(existsSync(path.join(shop.projectDir, 'sub/src/new.md'))).toBe(false)
    expect(await isChanged()).toBe(true)
  })

  test('a rollback brings the source of that release back, and without `source` it is taken out', async () => {
    const shop = await SourceShop.withRelease({ 'src/index.md': 'first' })
    await shop.publish()
    const first = await shop.readPlainly()
    shop.source({ 'src/index.md': 'second' })
    shop.write({ 'index.html': '<title>Second</title>' })
    await shop.publish()
    await shop.publisher().rollback(2)
    expect(await shop.readPlainly()).toEqual(first)
    // A publish after it goes on with the newest source.
    await shop.publish()
    expect((await shop.readPlainly()).files['src/index.md']).toBe('second')

    shop.setSource(false)
    shop.write({ 'index.html': '<title>Third</title>' })
    await shop.publish()
    expect(await shop.readPlainly()).toEqual({ files: {}, record: undefined })
  })
})
