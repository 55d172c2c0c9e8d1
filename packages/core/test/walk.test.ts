import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { walk, walkSome } from '../src/folder/walk.js'
import { whyProject } from '../src/publish/refuse-project-folder.js'

let root = ''
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-walk-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const FILES = [
  'index.html',
  'docs/a.html',
  'docs/.env',
  'node_modules/prismjs/themes/prism.css',
  'node_modules/prismjs/.npmrc',
  'node_modules/other/x.css',
  'assets/node_modules/@expo/icons/i.js',
  '.htaccess',
  '.hidden/a.txt',
  '.git/config'
]

/** What is published of the files with some patterns, and what is told to be left out. */
function walked(patterns: string): { files: string[]; leftOut: string[] } {
  for (const name of FILES) {
    const file = path.join(root, 'site', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'x')
  }
  const ignoreFile = path.join(root, '.sitedriveignore')
  writeFileSync(ignoreFile, patterns)
  const dir = path.join(root, 'site')
  const { files, leftOut } = walk(dir, ignoreFile)
  const some = walkSome(
    dir,
    FILES.map((name) => `/${name}`),
    ignoreFile
  )
  // Both must agree, else a preview shows what is not published.
  expect(some?.files.map((file) => file.path).sort()).toEqual(files.map((file) => file.path).sort())
  return {
    files: files
      .map((file) => file.path)
      .filter((each) => !/^\/(?:index|docs\/a)\.html$/.test(each))
      .sort(),
    leftOut: leftOut.map((each) => each.path).sort()
  }
}

test('dot files and `node_modules` stay out', () => {
  expect(walked('')).toEqual({
    files: [],
    leftOut: ['/.git', '/.hidden', '/.htaccess', '/assets/node_modules', '/docs/.env', '/node_modules']
  })
})

test.each([
  ['!/node_modules/prismjs/', ['/node_modules/prismjs/themes/prism.css']],
  ['!node_modules/prismjs/themes/prism.css', ['/node_modules/prismjs/themes/prism.css']],
  ['!/node_modules/*/*.css', ['/node_modules/other/x.css']],
  [
    '!node_modules/',
    [
      '/assets/node_modules/@expo/icons/i.js',
      '/node_modules/other/x.css',
      '/node_modules/prismjs/themes/prism.css'
    ]
  ],
  ['!assets/node_modules', ['/assets/node_modules/@expo/icons/i.js']],
  ['!**/node_modules/@expo/**', ['/assets/node_modules/@expo/icons/i.js']],
  ['!.htaccess', ['/.htaccess']],
  ['!/.hidden/a.txt', ['/.hidden/a.txt']],
  ['!.*', ['/.hidden/a.txt', '/.htaccess', '/docs/.env']],
  [
    '!node_modules/\nnode_modules/other/',
    ['/assets/node_modules/@expo/icons/i.js', '/node_modules/prismjs/themes/prism.css']
  ]
])('the pattern `%s` lets in what it names', (pattern, files) => {
  expect(walked(pattern).files).toEqual(files)
})

test.each(['!docs/', '!/docs/**', '!*', '!**', '!*.css', '!.git', '!.git/config', '!/.git/**'])(
  'the pattern `%s`, which writes out no name that is kept out, lets in nothing of that',
  (pattern) => {
    expect(walked(pattern).files).toEqual([])
  }
)

test('a folder of which a part is let in is told of once', () => {
  expect(walked('!/node_modules/prismjs/').leftOut).toContain('/node_modules')
})

test('what is let in by its name does not make the folder a project', () => {
  walked('')
  expect(whyProject(path.join(root, 'site'), root)).toContain('`node_modules`')
  walked('!/node_modules/prismjs/')
  expect(whyProject(path.join(root, 'site'), root)).toBeNull()
})
