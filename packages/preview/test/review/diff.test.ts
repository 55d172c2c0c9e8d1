import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { SiteView } from '@sitedrive/core/content'
import { temporaryFolder } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { diffOf, type DiffParts } from '../../src/review/diff.js'

function view(files: Record<string, string | Buffer>, held = true): SiteView {
  const bytes = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]))
  return {
    files: new Map(
      [...bytes].map(([name, content]) => [
        name,
        { path: name, hash: content.toString('hex'), bytes: content.length }
      ])
    ),
    read: async (name, limit = Infinity) => (held ? (bytes.get(name)?.subarray(0, limit) ?? null) : null)
  }
}

function parts(more: Partial<DiffParts>): DiffParts {
  return { projectDir: temporaryFolder(), now: null, last: null, sources: {}, released: null, ...more }
}

const released = (text: string) => ({ release: 1, sources: new Map([['/a.html', { file: 'a.md', text }]]) })

describe('what a page is compared by', () => {
  test('is its source, where it is known now and was kept of the release', async () => {
    const projectDir = temporaryFolder()
    writeFileSync(path.join(projectDir, 'a.md'), '---\ntitle: A\ndate: 2026-01-02\n---\n\nOne *new* word.\n')
    const diff = await diffOf(
      '/a.html',
      'words',
      parts({
        projectDir,
        now: view({ '/a.html': '<p>b' }),
        last: view({ '/a.html': '<p>a' }),
        sources: { '/a.html': 'a.md' },
        released: released('---\ntitle: A\ndate: 2026-01-01\n---\n\nOne *old* word.\n')
      })
    )
    expect(diff).toMatchObject({ of: 'source', source: 'a.md', limit: null })
    const words = diff?.hunks.flatMap((hunk) =>
      hunk.lines.flatMap(({ spans }) => spans.filter(({ op }) => op === 'add'))
    )
    expect(words?.map(({ text }) => text)).toEqual(['02', 'new'])
  })

  test('is what it says, where its source is not known, or did not change', async () => {
    const now = view({ '/a.html': '<title>x</title><nav>Home</nav><p>One new word.' })
    const last = view({ '/a.html': '<title>y</title><nav>Home</nav><p>One old word.' })
    expect(await diffOf('/a.html', 'words', parts({ now, last }))).toMatchObject({
      of: 'text',
      hunks: [{ lines: [{ op: 'same' }, { op: 'change' }] }]
    })
    const projectDir = temporaryFolder()
    writeFileSync(path.join(projectDir, 'a.md'), 'The same.')
    const sources = { '/a.html': 'a.md' }
    const same = parts({ projectDir, now, last, sources, released: released('The same.') })
    expect(await diffOf('/a.html', 'words', same)).toMatchObject({ of: 'text' })
  })

  test('is never a file outside of the project, whatever a generator names', async () => {
    const outside = temporaryFolder()
    writeFileSync(path.join(outside, 'secret.md'), 'secret')
    const projectDir = path.join(temporaryFolder(), 'project')
    mkdirSync(projectDir)
    symlinkSync(path.join(outside, 'secret.md'), path.join(projectDir, 'link.md'))
    writeFileSync(path.join(projectDir, '..', 'beside.md'), 'secret')
    for (const file of [path.join(outside, 'secret.md'), '../beside.md', 'link.md', '/etc/hostname', '.']) {
      const diff = await diffOf(
        '/a.html',
        'words',
        parts({ projectDir, now: view({ '/a.html': '<p>new' }), sources: { '/a.html': file } })
      )
      expect(diff?.of, file).toBe('text')
      expect(JSON.stringify(diff)).not.toContain('secret')
    }
  })
})

describe('a file', () => {
  test('that neither side has is none', async () => {
    expect(await diffOf('/x', 'html', parts({ now: view({}), last: view({}) }))).toBe(null)
  })

  test('that is no text, or not on this machine, or very large, is told of as that', async () => {
    const binary = parts({ now: view({ '/a': Buffer.from([1, 0, 2]) }), last: view({ '/a': 'x' }) })
    expect(await diffOf('/a', 'html', binary)).toMatchObject({ hunks: [], limit: 'It is no text.' })
    const away = parts({ now: view({ '/a': 'x' }), last: view({ '/a': 'y' }, false) })
    expect((await diffOf('/a', 'html', away))?.limit).toContain('does not hold')
    const large = parts({ now: view({ '/a': 'line\n'.repeat(400_000) }), last: view({ '/a': 'x' }) })
    expect((await diffOf('/a', 'html', large))?.limit).toContain('first megabyte')
  })

  test('is compared line by line, whatever its encoding', async () => {
    const diff = await diffOf(
      '/a.css',
      'html',
      parts({
        now: view({ '/a.css': Buffer.from('b\r\n\xff\r\n', 'latin1') }),
        last: view({ '/a.css': 'a\n' })
      })
    )
    expect(diff?.hunks[0]?.lines.map(({ op, spans }) => op + spans[0]?.text)).toEqual([
      'removea',
      'addb',
      'add\ufffd'
    ])
  })
})
