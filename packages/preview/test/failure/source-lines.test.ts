import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeTemporaryFolder } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sourceLines, toldToOthers } from '../../src/failure/source-lines.js'

function project(files: Record<string, string | Uint8Array>): string {
  const { dir, remove } = makeTemporaryFolder()
  onTestFinished(remove)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
    writeFileSync(path.join(dir, name), text)
  }
  return path.join(dir, 'project')
}

const at = (file: string, line: number | null = 1, column: number | null = null) => ({
  message: '',
  file,
  line,
  column
})

describe('the source lines of a failure', () => {
  test('are seven at most: three before the place, and three after it', () => {
    const dir = project({ 'project/a.njk': '1\n2\n3\n4\n5\n6\n7\n8\n9\n' })
    const lines = (line: number) => sourceLines(dir, at('./a.njk', line))
    expect(lines(5)).toEqual({ first: 2, lines: ['2', '3', '4', '5', '6', '7', '8'], column: null })
    expect(lines(1)).toEqual({ first: 1, lines: ['1', '2', '3', '4'], column: null })
    expect(lines(9)).toEqual({ first: 6, lines: ['6', '7', '8', '9', ''], column: null })
    for (const none of [0, -1, 11, null]) expect(lines(none as number)).toBeNull()
  })

  test('are read by the same numbers whatever ends them, and in each encoding', () => {
    const text = 'a\nbcd\ne'
    const dir = project({
      'project/crlf.md': text.replaceAll('\n', '\r\n'),
      'project/cr.md': text.replaceAll('\n', '\r'),
      'project/utf16.md': Buffer.from(`\uFEFF${text}`, 'utf16le'),
      'project/bom.md': `\uFEFF${text}`
    })
    for (const file of ['crlf.md', 'cr.md', 'utf16.md', 'bom.md'])
      expect(sourceLines(dir, at(file, 2, 3))).toEqual({ first: 1, lines: ['a', 'bcd', 'e'], column: 3 })
  })

  test('are cut around the place when they are long, all at the same column', () => {
    const dir = project({ 'project/min.js': `${'a'.repeat(5_000)}!${'b'.repeat(5_000)}\n${'c'.repeat(10)}` })
    const cut = sourceLines(dir, at('min.js', 1, 5_001))!
    expect(cut.lines.map((line) => line.length)).toEqual([200, 0])
    expect(cut.lines[0]![cut.column! - 1]).toBe('!')
    expect(sourceLines(dir, at('min.js', 2, 12))?.column).toBeNull()
    expect(sourceLines(dir, at('min.js', 1))!.lines[0]).toBe('a'.repeat(200))
  })

  test('have no control characters, and no characters that turn text around', () => {
    const dir = project({ 'project/a.md': '\u001b[31mred\u202e\tx' })
    expect(sourceLines(dir, at('a.md'))!.lines).toEqual(['\uFFFD[31mred\uFFFD x'])
  })

  test('come from templates, text, styles and code of the project, and from nothing that may hold secrets', () => {
    const text = 'SECRET=1'
    const sources = [
      'a.njk',
      'a.md',
      'src/a.scss',
      'src/A.svelte',
      'a.liquid',
      '.eleventy.js',
      'b/[id].astro'
    ]
    const others = [
      '.env',
      '.env.js',
      'a.json',
      '_config.yml',
      'a.toml',
      'key.pem',
      'LICENSE',
      '.git/x.md',
      'a.csv'
    ]
    const dir = project(
      Object.fromEntries([...sources, ...others, '../outside.md'].map((name) => [`project/${name}`, text]))
    )
    symlinkSync('../outside.md', path.join(dir, 'link.md'))
    symlinkSync('.env', path.join(dir, 'env.md'))
    for (const name of sources) expect([name, sourceLines(dir, at(name))?.lines]).toEqual([name, [text]])
    expect(sourceLines(dir, at(path.join(dir, 'a.md')))?.lines).toEqual([text])
    for (const name of [
      ...others,
      'link.md',
      'env.md',
      '../outside.md',
      path.join(dir, '../outside.md'),
      '',
      '.',
      'none.md'
    ])
      expect([name, sourceLines(dir, at(name))]).toEqual([name, null])
  })

  test('are of no folder, pipe, large file, or bytes that are no text', () => {
    const dir = project({
      'project/large.md': 'x\n'.repeat(600_000),
      'project/bytes.md': Buffer.from([0x61, 0, 0x62, 0x0a])
    })
    mkdirSync(path.join(dir, 'folder.md'))
    execFileSync('mkfifo', [path.join(dir, 'pipe.md')])
    for (const name of ['large.md', 'bytes.md', 'folder.md', 'pipe.md'])
      expect([name, sourceLines(dir, at(name))]).toEqual([name, null])
  })
})

test('what a generator says of data and settings is not told to others, for it may quote them', () => {
  const told = (file: string | null) => toldToOthers({ message: 'Bad: { "secret": "abc" }', file, line: 2 })
  for (const file of ['a.json', '.env', './_config.yml', '../x/.npmrc', 'b/c.toml']) {
    expect(told(file)).toMatchObject({ file, line: 2 })
    expect(told(file).message).not.toContain('abc')
  }
  for (const file of ['./a.njk', '../a.md', 'src/a.ts', null]) expect(told(file).message).toContain('abc')
})
