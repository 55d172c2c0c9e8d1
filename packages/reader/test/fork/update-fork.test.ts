import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { forkSite } from '../../src/fork/fork-site.js'
import { updateFork } from '../../src/fork/update-fork.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { until } from '../../../mirror/test/support/until.js'
import { fetched, never } from '../support/fetched.js'
import { handMadeRecord } from '../support/hand-made-record.js'
import { VanillaDrive } from '../support/vanilla-drive.js'

const at = (name: string) => `/.well-known/source${name}`

/** A site whose author may write anything, with the source that a release of it carries. */
class HostileParent {
  private release = 0
  private previous = 0

  private constructor(readonly vanilla: VanillaDrive) {}

  static async open(): Promise<HostileParent> {
    return new HostileParent(await VanillaDrive.open())
  }

  /** @param lies hashes that are claimed, by name */
  async publish(files: Record<string, string>, lies: Record<string, string> = {}): Promise<void> {
    const { vanilla } = this
    const entries: Parameters<VanillaDrive['nameRaw']>[0] = {}
    for (const [name, text] of Object.entries(files)) {
      await vanilla.put({ [`/stored/${this.release}${name}`]: text })
      const blob = await vanilla.blobOf(`/stored/${this.release}${name}`)
      entries[at(name)] = { blob, metadata: lies[name] === undefined ? null : { hash: lies[name] } }
    }
    const record = handMadeRecord({ release: ++this.release, previous: this.previous })
    const [blob = null] = Object.values(entries).map((entry) => entry.blob)
    await vanilla.nameRaw({ ...entries, '/.well-known/sitedrive.json': { blob, metadata: record } })
    this.previous = vanilla.drive.version
  }
}

async function forked(parent: HostileParent) {
  const { drive } = await fetched(parent.vanilla.key)
  const root = tempDir()
  const dir = path.join(root, 'fork')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home') })
  await forkSite(drive, { dir, env, signal: never })
  const update = async () => {
    const version = parent.vanilla.drive.version
    await until('the newest state', () => drive.newestState?.version === version)
    return updateFork(drive, { dir, signal: never })
  }
  return { root, dir, update }
}

describe('an update of a fork', () => {
  test('writes nothing outside of its folder, and leaves whose site it is', async () => {
    const parent = await HostileParent.open()
    await parent.publish({ '/ok.txt': 'one', '/sitedrive.json': '{}' })
    const { root, dir, update } = await forked(parent)
    const project = readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')
    mkdirSync(path.join(root, 'outside'))
    symlinkSync(path.join(root, 'outside'), path.join(dir, 'src'))
    writeFileSync(path.join(root, 'secret.txt'), 'mine')
    symlinkSync(path.join(root, 'secret.txt'), path.join(dir, 'note.txt'))
    await parent.publish({
      '/ok.txt': 'two',
      '/src/a.txt': 'a',
      '/note.txt': 'theirs',
      '/../escaped.txt': 'x',
      '/.git/hooks/post-merge': 'x',
      '/sitedrive.json': JSON.stringify({ key: parent.vanilla.key, seeds: [] })
    })
    const { files } = await update()
    expect(files.filter(({ did }) => did !== 'conflict')).toEqual([
      { path: '/ok.txt', did: 'updated', why: null }
    ])
    expect(files.filter(({ did }) => did === 'conflict').map((file) => file.path)).toEqual([
      '/../escaped.txt',
      '/.git/hooks/post-merge',
      '/note.txt',
      '/src/a.txt'
    ])
    expect(readdirSync(root).toSorted()).toEqual(['fork', 'outside', 'secret.txt'])
    expect([
      readdirSync(path.join(root, 'outside')),
      readFileSync(path.join(root, 'secret.txt'), 'utf8')
    ]).toEqual([[], 'mine'])
    expect(JSON.parse(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8'))).toEqual({
      ...(JSON.parse(project) as object),
      fork: { of: parent.vanilla.key, release: 2, version: parent.vanilla.drive.version }
    })
  })

  test('takes over nothing when a file is not what was signed', async () => {
    const parent = await HostileParent.open()
    await parent.publish({ '/a.txt': 'one', '/b.txt': 'one' })
    const { dir, update } = await forked(parent)
    await parent.publish({ '/a.txt': 'two', '/b.txt': 'two' }, { '/b.txt': 'A'.repeat(43) })
    await expect(update()).rejects.toMatchObject({ code: 'DRIVE_CORRUPT' })
    expect(readFileSync(path.join(dir, 'a.txt'), 'utf8')).toBe('one')
  })
})
