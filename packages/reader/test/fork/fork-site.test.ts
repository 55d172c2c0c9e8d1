import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { forkSite } from '../../src/fork/fork-site.js'
import { tempDir } from '../../../mirror/test/support/folders.js'
import { fetched, never } from '../support/fetched.js'
import { handMadeRecord } from '../support/hand-made-record.js'
import { VanillaDrive } from '../support/vanilla-drive.js'

/** Everything below a folder, but for what `git init` makes. */
function namesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.relative(dir, path.join(item.parentPath, item.name)))
    .filter((name) => !name.includes('.git/') || name.includes('hooks'))
    .toSorted()
}

test('a fork of a hostile source stays in its folder, takes no key or command from it, and brings no hook', async () => {
  const hostile = await VanillaDrive.open()
  const parents = {
    key: hostile.key,
    seeds: [hostile.key],
    name: 'Theirs',
    buildCommand: 'touch /tmp/ran',
    mirror: 'https://example.org/'
  }
  await hostile.put({ 'file.txt': 'x', 'project.json': JSON.stringify(parents) })
  const blob = await hostile.blobOf('file.txt')
  const at = (name: string) => `/.well-known/source${name}`
  await hostile.nameRaw({
    [at('/ok.txt')]: { blob },
    [at('/../../../outside.txt')]: { blob },
    [at('/.git/hooks/post-checkout')]: { blob },
    [at('/.GIT/config')]: { blob },
    [at('//etc/passwd')]: { blob },
    [at('/a\u0000b')]: { blob },
    [at('/link')]: { blob: null, linkname: '/etc/passwd' },
    [at('/sitedrive.json')]: { blob: await hostile.blobOf('project.json') },
    '/.well-known/sitedrive.json': { blob, metadata: handMadeRecord() }
  })
  const { drive } = await fetched(hostile.key)
  const root = tempDir()
  const dir = path.join(root, 'deep/in/fork')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home') })
  const forked = await forkSite(drive, { dir, env, signal: never })
  expect(forked.leftOut.map((left) => left.path).toSorted()).toEqual(
    [
      '/../../../outside.txt',
      '/.GIT/config',
      '/.git/hooks/post-checkout',
      '//etc/passwd',
      '/a\u0000b',
      '/link'
    ].toSorted()
  )
  expect(namesIn(root)).toEqual([
    // Not all of it was copied, and it says so.
    'deep/in/fork/.sitedrive-partial.json',
    'deep/in/fork/ok.txt',
    'deep/in/fork/sitedrive.json'
  ])
  const project = JSON.parse(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')) as Record<
    string,
    unknown
  >
  expect(project).toMatchObject({ name: 'Theirs', seeds: [], fork: { of: hostile.key, release: 1 } })
  expect(project['key']).not.toBe(hostile.key)
  expect(Object.keys(project)).not.toContain('buildCommand')
  expect(Object.keys(project)).not.toContain('mirror')
})

test('a site of another program is forked by its files', async () => {
  const vanilla = await VanillaDrive.open()
  await vanilla.put({ 'index.html': 'plain' })
  const { drive } = await fetched(vanilla.key)
  const dir = path.join(tempDir(), 'fork')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home') })
  const forked = await forkSite(drive, { dir, env, signal: never })
  expect(forked).toMatchObject({
    siteDir: 'site',
    release: null,
    project: { fork: { release: null, version: 2 } }
  })
  expect(readFileSync(path.join(dir, 'site/index.html'), 'utf8')).toBe('plain')
  expect(existsSync(path.join(dir, 'site/.sitedrive-partial.json'))).toBe(false)
})

test('a folder that has other files is left alone', async () => {
  const vanilla = await VanillaDrive.open()
  await vanilla.put({ 'index.html': 'plain' })
  const { drive } = await fetched(vanilla.key)
  const dir = tempDir()
  writeFileSync(path.join(dir, 'mine.txt'), 'mine')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home') })
  await expect(forkSite(drive, { dir, env, signal: never })).rejects.toMatchObject({ code: 'DIR_INVALID' })
  expect(readdirSync(dir)).toEqual(['mine.txt'])
})

/** A site that carries its source: one file that can be copied, and `more` names of it. */
async function withSource(...more: string[]): Promise<VanillaDrive> {
  const drive = await VanillaDrive.open()
  await drive.put({ 'file.txt': 'theirs' })
  const blob = await drive.blobOf('file.txt')
  await drive.nameRaw({
    '/.well-known/source/ok.txt': { blob },
    ...Object.fromEntries(more.map((name) => [`/.well-known/source/${name}`, { blob }])),
    '/.well-known/sitedrive.json': { blob, metadata: handMadeRecord() }
  })
  return drive
}

test('a fork is not made again over the work of its author', async () => {
  const { drive } = await fetched((await withSource('a\u0000b')).key)
  const dir = path.join(tempDir(), 'fork')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home') })
  // It says that it is a part of the other site.
  expect((await forkSite(drive, { dir, env, signal: never })).leftOutCount).toBe(1)
  writeFileSync(path.join(dir, 'ok.txt'), 'mine')
  const project = readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')
  const again = forkSite(drive, { dir, env, signal: never })
  await expect(again).rejects.toMatchObject({ code: 'DIR_INVALID' })
  await expect(again).rejects.toThrow(/fork --update/)
  expect(readFileSync(path.join(dir, 'ok.txt'), 'utf8')).toBe('mine')
  expect(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8')).toBe(project)
})

test.each(['site', 'source'])(
  'a fork of a %s that ended after the last file, before it had a key, is made again',
  async (part) => {
    const origin = part === 'source' ? await withSource() : await VanillaDrive.open()
    if (part === 'site') await origin.put({ 'index.html': 'plain' })
    const { drive } = await fetched(origin.key)
    const dir = path.join(tempDir(), 'fork')
    const home = path.join(tempDir(), 'home')
    // No key can be kept where a file is in the place of the folder.
    writeFileSync(home, '')
    const env = cleanEnvironment({ SITEDRIVE_HOME: home })
    await expect(forkSite(drive, { dir, env, signal: never })).rejects.toThrow(/home/)
    rmSync(home)
    const { project } = await forkSite(drive, { dir, env, signal: never })
    expect(JSON.parse(readFileSync(path.join(dir, 'sitedrive.json'), 'utf8'))).toMatchObject({
      key: project.key,
      fork: { of: origin.key }
    })
  }
)

test('in CI, where no key is made, nothing is copied', async () => {
  const { drive } = await fetched((await withSource()).key)
  const dir = path.join(tempDir(), 'fork')
  const env = cleanEnvironment({ SITEDRIVE_HOME: path.join(tempDir(), 'home'), CI: 'true' })
  await expect(forkSite(drive, { dir, env, signal: never })).rejects.toMatchObject({ code: 'NO_PROJECT' })
  expect(existsSync(dir)).toBe(false)
})
