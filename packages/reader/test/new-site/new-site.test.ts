import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { temporaryFolder } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { GENERATORS } from '../../src/new-site/generators.js'
import { newSite } from '../../src/new-site/new-site.js'
import { slugOf } from '../../src/new-site/slug.js'

function refused(options: Partial<Parameters<typeof newSite>[0]>, code: string): void {
  const all = { name: 'Garden', dir: '', generator: 'html', within: temporaryFolder(), ...options }
  let error: unknown
  try {
    newSite(all)
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(SitedriveError)
  expect((error as SitedriveError).code).toBe(code)
}

const filesIn = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .toSorted()

test.each(GENERATORS.map(({ id }) => id))(
  'a new website of %s has its files, the scripts dev and build, and no key',
  (generator) => {
    const within = temporaryFolder()
    const made = newSite({ name: 'Garden', dir: '', generator, within })
    expect(made.dir).toBe(path.join(within, 'garden'))
    expect(filesIn(within)).toEqual(made.files.map((file) => `garden/${file}`).toSorted())
    expect(made.files).toEqual(expect.arrayContaining(['package.json', '.gitignore']))
    expect(made.files).not.toContain('sitedrive.json')
    const manifest = JSON.parse(readFileSync(path.join(made.dir, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
      devDependencies: Record<string, string>
    }
    expect(Object.keys(manifest.scripts)).toEqual(['dev', 'build'])
    const ours = Object.entries(manifest.devDependencies).filter(([name]) => name.includes('sitedrive'))
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(ours).toMatchObject([[expect.anything(), `^${version}`]])
  }
)

test('it lies where the person says: absolute, below the home folder, or below the folder of the command', () => {
  const within = temporaryFolder()
  const elsewhere = path.join(temporaryFolder(), 'deep', 'er')
  const make = (dir: string) => newSite({ name: 'Garden', dir, generator: 'html', within })
  expect(make(elsewhere).dir).toBe(elsewhere)
  expect(make('sites/mine').dir).toBe(path.join(within, 'sites', 'mine'))
  expect(make(' ').dir).toBe(path.join(within, 'garden'))
  // Refused, since it is not empty, and not taken for a folder whose name is `~`.
  expect(() => make('~/')).toThrow(homedir())
  expect(readdirSync(within).toSorted()).toEqual(['garden', 'sites'])
})

test('a folder that is empty becomes one; one with files, a file and a link do not', () => {
  const within = temporaryFolder()
  const at = (name: string) => path.join(within, name)
  mkdirSync(at('empty'))
  expect(newSite({ name: 'Garden', dir: 'empty', generator: 'html', within }).dir).toBe(at('empty'))
  mkdirSync(at('full'))
  writeFileSync(path.join(at('full'), 'diary.txt'), 'mine')
  writeFileSync(at('file'), 'mine')
  mkdirSync(at('target'))
  symlinkSync(at('target'), at('link'))
  for (const dir of ['full', 'file', 'link', 'file/below', 'bad\u0000name', 'bad\nname'])
    refused({ dir, within }, 'DIR_INVALID')
  expect(filesIn(at('full'))).toEqual(['diary.txt'])
  expect(readFileSync(at('file'), 'utf8')).toBe('mine')
  expect(readdirSync(at('target'))).toEqual([])
})

test('a name is one line that can be seen', () => {
  for (const name of ['', '  ', 'a\nb', 'a\u202Eb', 'a\u0000', 'x'.repeat(81)]) refused({ name }, 'BAD_NAME')
  refused({ generator: 'hugo' }, 'BAD_OPTION')
})

test('whatever the name is, it is text on the page and no code', () => {
  const name = `</title><script>alert(1)</script> & "quotes" {{ 7 * 7 }} {% raw %}`
  const written = GENERATORS.flatMap(({ id }) => {
    const { dir, files } = newSite({ name, dir: '', generator: id, within: temporaryFolder() })
    return files.map((file) => ({ file, text: readFileSync(path.join(dir, file), 'utf8') }))
  })
  const pages = written.filter(({ file }) => /\.(html|njk|md)$/.test(file))
  expect(pages.filter(({ text }) => text.includes('<script>'))).toEqual([])
  // Nunjucks and Liquid find the name in a data file, where it is no template.
  const templates = pages.filter(({ file }) => !file.endsWith('index.html'))
  expect(templates.length).toBe(4)
  expect(templates.filter(({ text }) => text.includes('7 * 7'))).toEqual([])
})

test('folders are named by letters without accents, digits and dashes', () => {
  expect(slugOf('Ünder the Sea, 2')).toBe('under-the-sea-2')
  expect(slugOf('../../etc')).toBe('etc')
  expect(slugOf('日本')).toBe('my-site')
  expect(slugOf(`${'a'.repeat(59)} b`)).toBe('a'.repeat(59))
})

test('commands are right for a shell, whatever the folder is called', () => {
  const within = temporaryFolder()
  const { commands } = newSite({ name: 'G', dir: "it's $HOME", generator: 'html', within })
  expect(commands[0]).toBe(`cd '${within}/it'\\''s $HOME'`)
})
