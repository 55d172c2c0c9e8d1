import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Change } from '../src/folder/compare.js'
import {
  keepReleasedSources,
  openReleasedSources,
  readReleasedSources,
  type SourcesToKeep
} from '../src/history/released-sources.js'
import { tempDir } from './support/workshop.js'

/** A project with sources, and the folder in which they are kept. */
class Project {
  readonly root = tempDir()
  readonly projectDir = path.join(this.root, 'project')
  readonly paths = { sources: path.join(this.root, 'data/sources') }

  constructor(files: Record<string, string | Uint8Array> = {}) {
    this.write(files)
  }

  write(files: Record<string, string | Uint8Array>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.projectDir, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }

  keep(release: number, sources: SourcesToKeep['sources'], changes = changed(sources)): void {
    const { projectDir, paths } = this
    keepReleasedSources(paths, { projectDir, release, previous: release - 1, sources, changes })
  }

  kept(): [release: number, texts: Record<string, string>] | null {
    const kept = readReleasedSources(this.paths)
    return (
      kept && [kept.release, Object.fromEntries([...kept.sources].map(([page, { text }]) => [page, text]))]
    )
  }

  /** Bytes and names of all that is kept, but for the index. */
  packs(): string[] {
    return readdirSync(this.paths.sources).filter((name) => name !== 'index')
  }
}

function changed(sources: object, op: Change['op'] = 'change'): Change[] {
  return Object.keys(sources).map((page) => ({ op, path: page, bytes: 1 }))
}

const TWO = { '/a.html': 'a.md', '/b/index.html': 'posts/b.md' }

describe('the sources of a release', () => {
  test('are there as they were when it was made, with the files that they are in', () => {
    const project = new Project({ 'a.md': 'Ä a', 'posts/b.md': 'B' })
    project.keep(1, TWO)
    project.write({ 'a.md': 'later' })
    expect(readReleasedSources(project.paths)).toEqual({
      release: 1,
      sources: new Map([
        ['/a.html', { file: 'a.md', text: 'Ä a' }],
        ['/b/index.html', { file: 'posts/b.md', text: 'B' }]
      ])
    })
    const opened = openReleasedSources(project.paths)
    expect(opened?.get('/b/index.html')).toEqual({ file: 'posts/b.md', text: 'B' })
    expect(opened?.get('/a.html')).toEqual({ file: 'a.md', text: 'Ä a' })
    expect(opened?.get('/c.html')).toBeUndefined()
  })

  test('of pages that did not change since are those of before', () => {
    const project = new Project({ 'a.md': 'A', 'posts/b.md': 'B' })
    project.keep(1, TWO)
    project.write({ 'a.md': 'A2', 'posts/b.md': 'a comment that makes no other page' })
    project.keep(2, TWO, changed({ '/a.html': '' }))
    expect(project.kept()).toEqual([2, { '/a.html': 'A2', '/b/index.html': 'B' }])
  })

  test('stay known when a build names only what it made again, and go with their pages', () => {
    const project = new Project({ 'a.md': 'A', 'posts/b.md': 'B', 'c.md': 'C' })
    project.keep(1, TWO)
    project.keep(2, { '/c.html': 'c.md' })
    expect(project.kept()?.[1]).toEqual({ '/a.html': 'A', '/b/index.html': 'B', '/c.html': 'C' })
    project.keep(3, { '/c.html': 'c.md' }, changed({ '/a.html': '', '/c.html': '' }, 'remove'))
    expect(project.kept()?.[1]).toEqual({ '/b/index.html': 'B' })
  })

  test('of a page that changed without a source that is known are none', () => {
    const project = new Project({ 'a.md': 'A', 'posts/b.md': 'B' })
    project.keep(1, TWO)
    project.keep(2, {}, changed({ '/a.html': '' }))
    expect(project.kept()).toEqual([2, { '/b/index.html': 'B' }])
  })

  test('are read anew when another machine made the release before', () => {
    const project = new Project({ 'a.md': 'A', 'posts/b.md': 'B' })
    project.keep(1, TWO)
    project.write({ 'posts/b.md': 'B of release 4' })
    project.keep(5, TWO, changed({ '/a.html': '' }))
    expect(project.kept()).toEqual([5, { '/a.html': 'A', '/b/index.html': 'B of release 4' }])
  })
})

describe('of files that are no business of the site', () => {
  test('nothing is kept: outside the project, by a path or by a link', () => {
    const project = new Project({ 'in.md': 'in' })
    writeFileSync(path.join(project.root, 'secret.md'), 'secret')
    mkdirSync(path.join(project.root, 'else'))
    writeFileSync(path.join(project.root, 'else/secret.md'), 'secret')
    symlinkSync('../secret.md', path.join(project.projectDir, 'link.md'))
    symlinkSync('../else', path.join(project.projectDir, 'folder'))
    symlinkSync('in.md', path.join(project.projectDir, 'own-link.md'))
    project.keep(1, {
      '/1': '../secret.md',
      '/2': path.join(project.root, 'secret.md'),
      '/3': 'link.md',
      '/4': 'folder/secret.md',
      '/5': 'own-link.md',
      '/6': 'in.md'
    })
    expect(project.kept()?.[1]).toEqual({ '/5': 'in', '/6': 'in' })
    expect(
      project.packs().map((name) => readFileSync(path.join(project.paths.sources, name), 'utf8'))
    ).toEqual(['in'])
  })

  test('nothing is kept: folders, what is no text, what is too large, what is missing', () => {
    const project = new Project({
      'folder/a.md': '',
      'no-utf8.md': new Uint8Array([0xff, 0xfe, 65]),
      'nul.md': 'a\0b',
      'large.md': 'x'.repeat(1_000_001),
      'largest.md': 'x'.repeat(1_000_000)
    })
    project.keep(1, {
      '/1': 'folder',
      '/2': 'no-utf8.md',
      '/3': 'nul.md',
      '/4': 'large.md',
      '/5': 'largest.md',
      '/6': 'none.md'
    })
    expect(Object.keys(project.kept()?.[1] ?? {})).toEqual(['/5'])
  })

  test('no more than 64 MB is kept of one site', { tags: 'long' }, () => {
    const project = new Project()
    const sources: Record<string, string> = {}
    for (let n = 0; n < 70; n++) {
      project.write({ [`${n}.md`]: `${n}`.padStart(1_000_000) })
      sources[`/${n}`] = `${n}.md`
    }
    project.keep(1, sources)
    expect(Object.keys(project.kept()?.[1] ?? {})).toHaveLength(64)
  })
})

describe('what is kept', () => {
  test('is for its owner alone', () => {
    const project = new Project({ 'a.md': 'draft' })
    project.keep(1, { '/a': 'a.md' })
    const { sources } = project.paths
    expect(statSync(sources).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(sources)) {
      expect(statSync(path.join(sources, name)).mode & 0o777).toBe(0o600)
    }
  })

  test('is kept once, however many pages are made of one file', () => {
    const project = new Project({ 'list.md': 'a list' })
    project.keep(1, { '/1': 'list.md', '/2': 'list.md', '/3': 'list.md' })
    expect(Object.values(project.kept()?.[1] ?? {})).toEqual(['a list', 'a list', 'a list'])
    expect(statSync(path.join(project.paths.sources, project.packs()[0] ?? '')).size).toBe(6)
  })

  test('takes a bounded number of files, and little more space than what is of use', () => {
    const project = new Project()
    for (let release = 1; release <= 60; release++) {
      project.write({ 'a.md': `${release}`.padStart(500_000), [`${release % 20}.md`]: `text ${release}` })
      project.keep(release, { '/a': 'a.md', [`/${release % 20}`]: `${release % 20}.md` })
    }
    const [release, texts] = project.kept() ?? [0, {}]
    expect([release, texts['/a']?.trim(), texts['/7'], Object.keys(texts).length]).toEqual([
      60,
      '60',
      'text 47',
      21
    ])
    expect(project.packs().length).toBeLessThan(20)
    const bytes = project.packs().map((name) => statSync(path.join(project.paths.sources, name)).size)
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000_000)
  })

  test('counts as nothing when it is damaged', () => {
    const project = new Project({ 'a.md': 'A', 'posts/b.md': 'B' })
    expect(project.kept()).toBe(null)
    project.keep(1, TWO)
    const [pack = ''] = project.packs()
    writeFileSync(path.join(project.paths.sources, pack), 'X')
    expect(project.kept()).toEqual([1, {}])

    const index = path.join(project.paths.sources, 'index')
    writeFileSync(index, readFileSync(index, 'utf8').replace('a.md', 'b.md'))
    expect(project.kept()).toBe(null)
    project.keep(2, TWO)
    expect(project.kept()?.[1]).toEqual({ '/a.html': 'A', '/b/index.html': 'B' })
  })
})
