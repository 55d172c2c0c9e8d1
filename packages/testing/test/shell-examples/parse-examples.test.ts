import { expect, test } from 'vitest'
import { parseExamples } from '../../src/shell-examples/parse-examples.js'

const page = (...lines: string[]) => lines.join('\n')

test('commands of a console block come with what they print, and further lines of a command belong to it', () => {
  const [example] = parseExamples(
    page('Text.', '```console', '$ echo a \\', '> b', 'a b', '', '$ true', '$ cat x', '> not typed?', '```')
  )
  expect(example).toMatchObject({
    kind: 'shell',
    line: 2,
    steps: {
      kind: 'console',
      commands: [
        { line: 3, command: 'echo a \\\nb', expected: ['a b'] },
        { command: 'true', expected: [] },
        { command: 'cat x\nnot typed?', expected: [] }
      ]
    }
  })
})

test('a block of `sh` is one script; what is in a list is moved to the left', () => {
  const [example] = parseExamples(page('1. Do:', '', '   ```sh', '   a', '   b', '   ```'))
  expect(example).toMatchObject({ steps: { kind: 'sh', script: 'a\nb' } })
})

test('a comment right before a block says how it is run', () => {
  const [one, two, three] = parseExamples(
    page(
      '<!-- example: eleventy-blog, seeded, published, long -->',
      '',
      '```sh',
      '```',
      '<!-- example: stays up, fails -->',
      'Text between.',
      '```sh',
      '```',
      '<!-- not run: needs root and a domain -->',
      '```sh',
      '```'
    )
  )
  expect(one).toMatchObject({
    marks: { project: 'eleventy-blog', has: new Set(['seeded', 'published']), isLong: true, fails: false }
  })
  expect(two).toMatchObject({ marks: { project: null, staysUp: false, fails: false, notRun: null } })
  expect(three).toMatchObject({ marks: { notRun: 'needs root and a domain' } })
})

test.each([
  ['<!-- example: eleventy -->', 'line 2: `eleventy` is no mark; known are '],
  ['<!-- example: peer -->', 'line 2: `peer` needs the project'],
  ['<!-- not run: no -->', 'line 2: `not run` says why']
])('%s is refused', (comment, words) => {
  expect(() => parseExamples(page(comment, '```sh', '```'))).toThrow(words)
})

test('a block that names a file is one: by its fence, or by a comment on its first line', () => {
  const pages = {
    a: page('```js skeleton.mjs', 'code()', '```'),
    b: page('```js', '// vite.config.mjs: also for Astro', '```'),
    c: page('```', '# .sitedriveignore', 'drafts', '```'),
    d: page('```yaml .github/workflows/publish.yml', 'on: push', '```'),
    none: page('```js', '// the key of a site.', '```', '```js ../x.js', '```', '```json', '{}', '```')
  }
  const names = Object.values(pages).map((text) =>
    parseExamples(text).map((example) => 'name' in example && example.name)
  )
  expect(names).toEqual([
    ['skeleton.mjs'],
    ['vite.config.mjs'],
    ['.sitedriveignore'],
    ['.github/workflows/publish.yml'],
    []
  ])
})

test('what is in a fence of another language is no example, whatever it looks like', () => {
  expect(parseExamples(page('````md', '```sh', 'rm', '```', '````', '```', '$ ls', '```'))).toEqual([])
})
