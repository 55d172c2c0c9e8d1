import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkSite } from '../src/content/check-site.js'
import { walk } from '../src/folder/walk.js'
import { ignoreFileOf, readProject } from '../src/project/project-file.js'
import { whyProject } from '../src/publish/refuse-project-folder.js'
import { knownSecrets } from '../src/secrets/known-secrets.js'
import { writtenText } from '../src/written-text.js'
import { siteOf } from './support/site-of.js'

let project = ''
beforeEach(() => {
  project = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-text-'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

/** The ways in which editors and shells write one text. */
const ENCODINGS: [name: string, encode: (text: string) => Buffer][] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-8 with a byte order mark', (text) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16 of PowerShell', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16, the high byte first', (text) => utf16be(`\uFEFF${text}`)]
]

const CONFLICT = '<<<<<<< HEAD\na/\n=======\nb/\n>>>>>>> theirs\n'

test.each(ENCODINGS)('a text in %s is read as it was written, whatever ends its lines', (_name, encode) => {
  expect(writtenText(encode('/größe\r\n/b\r/c\n'))).toEqual({ text: '/größe\n/b\n/c\n', fault: null })
})

test.each<[string, Uint8Array, object | null]>([
  ['NUL', Buffer.from('a\nb\0'), { kind: 'nul', line: 2 }],
  ['UTF-16 without a byte order mark', Buffer.from('a\n', 'utf16le'), { kind: 'nul', line: 1 }],
  [
    'a merge conflict',
    Buffer.from(`x\r\n${CONFLICT.replaceAll('\n', '\r\n')}`),
    { kind: 'conflict', line: 2 }
  ],
  ['another encoding', Buffer.from('a\ngröße', 'latin1'), { kind: 'encoding', line: 2 }],
  ['a heading that is underlined', Buffer.from('<<<<<<< HEAD\na\n=======\n'), null],
  ['nothing', Buffer.alloc(0), null]
])('a text with %s is known', (_name, bytes, fault) => {
  expect(writtenText(bytes).fault).toEqual(fault)
})

describe('.sitedriveignore', () => {
  function walked(ignored: Uint8Array): string[] {
    const dir = path.join(project, 'site')
    for (const folder of ['secret', 'größe']) {
      mkdirSync(path.join(dir, folder), { recursive: true })
      writeFileSync(path.join(dir, folder, 'notes.txt'), 'x')
    }
    writeFileSync(path.join(dir, 'index.html'), 'x')
    writeFileSync(ignoreFileOf(project), ignored)
    return walk(dir, ignoreFileOf(project)).files.map((file) => file.path)
  }

  test.each(ENCODINGS)('in %s keeps out what it names', (_name, encode) => {
    expect(walked(encode('secret/\r\ngröße/\r\n'))).toEqual(['/index.html'])
  })

  test.each([
    ['a NUL character', Buffer.from('secret/\n', 'utf16le'), 'NUL character in line 1'],
    ['a merge conflict', Buffer.from(CONFLICT), 'merge conflict, which begins in line 1'],
    ['another encoding', Buffer.from('a\ngröße/', 'latin1'), 'not UTF-8 in line 2']
  ])('with %s is refused', (_name, bytes, why) => {
    expect(() => walked(bytes)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(why) as string })
    )
  })
})

describe('sitedrive.json', () => {
  function read(bytes: Uint8Array) {
    writeFileSync(path.join(project, 'sitedrive.json'), bytes)
    return readProject(project, (key) => key)
  }

  test.each(ENCODINGS)('in %s is read', (_name, encode) => {
    expect(read(encode('{\r\n"key": "k", "name": "Größe"}'))).toEqual({ key: 'k', name: 'Größe', seeds: [] })
  })

  test.each([
    ['a NUL character', '{"key": "k\0"}', 'has a NUL character in line 1'],
    [
      'a merge conflict',
      '{\n<<<<<<< HEAD\n"key": "a"\n=======\n"key": "b"\n>>>>>>> theirs\n}',
      'holds a merge conflict, which begins in line 2. Resolve it'
    ],
    [
      'what is left of a merge conflict',
      '{\n"key": "a"\n=======\n"key": "b"\n}',
      'line 3 is left over from a merge conflict. Resolve it'
    ],
    ['a comma too many', '{\n"key": "k,]", \n"seeds": ["a",\n],\n}', 'a comma in line 3 after which nothing'],
    ['more than a comma wrong', '{"key": "k",, }', 'it is not JSON']
  ])('with %s is refused with that word', (_name, text, why) => {
    expect(() => read(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(why) as string })
    )
  })

  test('of another site is known with a byte order mark, too', () => {
    const dir = path.join(project, 'site')
    mkdirSync(dir)
    writeFileSync(path.join(project, 'sitedrive.json'), '{"key": "k"}')
    writeFileSync(path.join(dir, 'sitedrive.json'), '\uFEFF{"key": "other"}')
    expect(whyProject(dir, project)).toContain('the folder of another site')
  })
})

describe('_redirects and _headers', () => {
  async function told(path: string, bytes: Uint8Array): Promise<string[]> {
    const findings = await checkSite({
      now: siteOf({ '/index.html': '<a href="/old">x</a>', '/new.html': '', [path]: bytes }),
      sources: {},
      key: null,
      mirror: null,
      projectDir: null,
      whyLeftOut: null,
      stale: [],
      changed: null,
      cacheFile: null
    })
    return findings
      .filter(({ check }) => check !== 'broken-link')
      .map(({ check, level, line, what }) => `${level} ${check}:${line} ${what}`)
  }

  test.each(ENCODINGS)('in %s have no finding', async (_name, encode) => {
    expect(await told('/_redirects', encode('/old /new 301\r\n'))).toEqual([])
    expect(await told('/_headers', encode('/*\r\n  X-Robots-Tag: noindex\r\n'))).toEqual([])
  })

  test.each([
    ['/_redirects', 'redirect-rule'],
    ['/_headers', 'header-rule']
  ])('%s that is no text, or holds a conflict, is one error', async (file, check) => {
    expect(await told(file, Buffer.from('/a /b\n/c\n', 'utf16le'))).toEqual([
      `error ${check}:1 \`${file.slice(1)}\` has a NUL character in line 1, as UTF-16 without a byte order mark has; mirrors do not read there what was meant.`
    ])
    expect(await told(file, Buffer.from(`/a /new\n${CONFLICT}`))).toEqual([
      expect.stringMatching(`^error ${check}:2 .* merge conflict, which begins in line 2`)
    ])
    expect(await told(file, Buffer.from('# größe', 'latin1'))).toEqual([
      expect.stringMatching(`^warning ${check}:1 .* not UTF-8`)
    ])
  })
})

test('what `.env` holds is known in UTF-16, too', async () => {
  const value = 'q7ZkP2mX9vR4tB8nL1sD'
  writeFileSync(path.join(project, '.env'), Buffer.from(`\uFEFFAPI_TOKEN=${value}\r\n`, 'utf16le'))
  const { values } = await knownSecrets(path.join(project, 'home'), project, {})
  expect(values.map((known) => known.value)).toEqual([value])
})
