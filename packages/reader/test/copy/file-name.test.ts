import { expect, test } from 'vitest'
import { whyNoFile } from '../../src/copy/file-name.js'

const everywhere = [
  '/../x',
  '/a/../../x',
  '/..',
  '/.',
  '/a/./b',
  '//x',
  '/a//b',
  '/a/',
  '',
  'x',
  '..',
  'C:\\x',
  '/..\\..\\x',
  '/a\\b',
  '/nul\0.txt',
  '/line\nbreak',
  '/esc\u001b[2J',
  '/del\u007f',
  '/.git/hooks/post-checkout',
  '/a/.GIT/config',
  '/.git./config',
  '/.git /config',
  '/.gi\u200ct/config',
  '/git~1/config',
  '/.git::$INDEX_ALLOCATION/config',
  `/${'n'.repeat(256)}`,
  `/${'é'.repeat(128)}`,
  '/d'.repeat(1_600),
  '/\ud800'
]

const onWindows = [
  '/con',
  '/CON.txt',
  '/a/nul',
  '/com1.html',
  '/LPT9',
  '/aux .txt',
  '/a:b',
  '/C:/x',
  '/what?',
  '/a*b',
  '/quote"',
  '/pipe|',
  '/ends.',
  '/ends /x'
]

const fine = [
  '/index.html',
  '/a/b/c.txt',
  '/.well-known/security.txt',
  '/.gitignore',
  '/git/hooks',
  '/..a',
  '/a..b',
  '/a b.txt',
  '/über/日本.html',
  `/${'n'.repeat(255)}`
]

test.each(everywhere)('%j is no file on any system', (path) => {
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(whyNoFile(path, platform)).not.toBeNull()
})

test.each(onWindows)('%j is a file, except on Windows', (path) => {
  expect(whyNoFile(path, 'linux')).toBeNull()
  expect(whyNoFile(path, 'win32')).not.toBeNull()
})

test.each(fine)('%j is a file on every system', (path) => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) expect(whyNoFile(path, platform)).toBeNull()
})
