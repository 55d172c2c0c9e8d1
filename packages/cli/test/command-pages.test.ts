import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { generatedParts, withParts } from '../../../scripts/command-pages.mjs'
import { MAIN } from './support/workbench.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const HEADINGS = ['What it does', 'Usage', 'Options', 'Examples', 'Exit codes', 'JSON']
const PAGES = readdirSync(path.join(ROOT, 'docs/commands')).filter((name) => name !== 'README.md')

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8')
const help = (...words: string[]) =>
  execFileSync(process.execPath, [MAIN, ...words, '--help'], { encoding: 'utf8', env: cleanEnvironment() })

// `node scripts/command-pages.mjs` mends it.
test.each([...generatedParts()])('%s says of usage and options what the program says', (file, parts) => {
  expect(read(file)).toBe(withParts(read(file), parts))
})

test.each(PAGES)('docs/commands/%s has the headings that each has, and words below them', (name) => {
  const [title, ...sections] = read(`docs/commands/${name}`).split(/^## /m)
  expect(title?.trim()).toBe(`# sitedrive ${path.basename(name, '.md')}`)
  expect(sections.map((section) => section.split('\n')[0])).toEqual(HEADINGS)
  expect(sections.filter((section) => section.split('\n').slice(1).join('').trim() === '')).toEqual([])
})

test('each command that `sitedrive --help` lists has a page, and no other has', { tags: 'long' }, () => {
  const listed = /^Commands:\n((?: .*\n)+)/m.exec(help())?.[1] ?? ''
  const names = [...listed.matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help')
  expect(new Set(PAGES.map((page) => path.basename(page, '.md')))).toEqual(new Set(names))
})

test.each(PAGES)('docs/commands/%s has each option of `--help`, and no other', { tags: 'long' }, (page) => {
  const name = path.basename(page, '.md')
  const [, options = ''] = /^## Options\n([^]*?)^## /m.exec(read(`docs/commands/${page}`)) ?? []
  const onPage = [...options.matchAll(/^\| `(.+?)` \|/gm)].map(([, term]) => term)
  const below = [...(/^Commands:\n((?: .*\n?)+)/m.exec(help(name))?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
  const texts = [help(name), ...below.flatMap(([, sub]) => (sub === 'help' ? [] : [help(name, String(sub))]))]
  const inHelp = texts.flatMap((text) => {
    const [, own = ''] = /^Options:\n([^]*?)\n\n/m.exec(text) ?? []
    return [...own.matchAll(/^ {2}(-.+?)(?: {2,}|\n)/gm)].map(([, term]) => term)
  })
  expect(onPage).toEqual(inHelp.filter((term) => term !== '-h, --help'))
})
