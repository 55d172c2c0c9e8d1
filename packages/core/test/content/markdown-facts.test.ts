import { expect, test } from 'vitest'
import { markdownFacts } from '../../src/content/markdown-facts.js'

const facts = (text: string) => markdownFacts(Buffer.from(text))

test('a source says its title, date, words and headings', () => {
  expect(
    facts(
      '---\ntitle: Why not\ndate: 2026-01-02\n---\n# Why *not*\n\nTwo words, a [link](/x) and `code`.\n\n## So\n\n| a | b |\n| - | - |\n| c | d |\n'
    )
  ).toEqual({
    title: 'Why not',
    date: '2026-01-02',
    isDraft: false,
    words: 13,
    headings: [
      { depth: 1, text: 'Why not' },
      { depth: 2, text: 'So' }
    ],
    problem: null
  })
})

test.each([
  ['YAML', '---\ntitle: T\ndate: 2026-01-02 10:20:30 +0100\ndraft: true\n---\nx', '2026-01-02T10:20:30+0100'],
  ['TOML', '+++\ntitle = "T"\ndate = 2026-01-02T10:20:30Z\ndraft = true\n+++\nx', '2026-01-02T10:20:30.000Z'],
  ['JSON between braces', '{\n"title": "T", "date": "2026-01-02", "draft": true\n}\nx', '2026-01-02'],
  ['JSON between dashes', '---json\n{"title": "T", "date": "soon", "draft": true}\n---\nx', 'soon']
])('front matter in %s is read', (_name, text, date) => {
  expect(facts(text)).toMatchObject({ title: 'T', date, isDraft: true, words: 1, problem: null })
})

test.each([
  ['draft: true', true],
  ['draft: "true"', true],
  ['published: false', true],
  ['draft: false', false],
  ['published: true', false],
  ['draft:', false],
  ['title: x', false]
])('whether %s is a draft: %s', (line, isDraft) => {
  expect(facts(`---\n${line}\n---\n`).isDraft).toBe(isDraft)
})

test('JavaScript as front matter is recognised and not run', () => {
  expect(facts('---js\nprocess.exit(1)\n---\ntwo words')).toMatchObject({
    title: null,
    words: 2,
    problem: null
  })
})

test.each([
  ['a quote that nothing ends', '---\ntitle: "x\n---\ny'],
  ['a tab', '---\na:\n\t- b\n---\ny'],
  ['a list', '---\n- a\n- b\n---\ny'],
  ['one word', '---\nhello\n---\ny'],
  ['broken TOML', '+++\ntitle = x\n+++\ny'],
  ['broken JSON', '---json\n{title}\n---\ny'],
  ['no end', '---\ntitle: x\n\ny'],
  [
    'too many aliases',
    `---\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
      .join('\n')}\n---\ny`
  ]
])('front matter with %s is a problem, and the text is read all the same', (_name, text) => {
  const { problem, words } = facts(text)
  expect(problem).not.toBeNull()
  expect(words).toBeGreaterThan(0)
})

test.each(['--- \nNot front matter', '---\n\nA break above.', '{ "a": 1 }', 'title: x\n---\n', ''])(
  'a text without front matter has no problem: %j',
  (text) => {
    expect(facts(text).problem).toBeNull()
  }
)

test('a binary that is named `.md` is a problem', () => {
  expect(markdownFacts(Buffer.from([0xff, 0xd8, 0, 1, 2]))).toMatchObject({
    words: 0,
    problem: 'it is not a text'
  })
})

test('a source that is not UTF-8 is read', () => {
  expect(markdownFacts(Buffer.from('# Größe', 'latin1')).title).toBe('Größe')
})

test.each([
  ['quotes', '>'.repeat(50_000) + 'x'],
  ['lists', Array.from({ length: 700 }, (_, n) => `${' '.repeat(n * 2)}- a`).join('\n')]
])('nested %s are left unread, for they take time by their square', (_name, text) => {
  expect(facts(`---\ntitle: T\n---\n${text}`)).toMatchObject({
    title: 'T',
    problem: 'it nests deeper than can be read'
  })
})

test('brackets without end do not overflow the stack', () => {
  expect(facts('['.repeat(50_000)).words).toBe(0)
})

test('where letters are words, letters are counted', () => {
  expect(facts('你好世界 and more').words).toBe(6)
})
