import { describe, expect, test } from 'vitest'
import type { Finding } from '../src/content/content-types.js'
import type { Unchanged } from '../src/outcome/outcome.js'
import { describeFinding, describeOutcome, describeSync } from '../src/outcome/report.js'
import type { SeedReceipt } from '../src/session/uplink.js'
import { formatBytes, plural, printable } from '../src/text.js'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_400, '99.4 kB'],
  [123_456, '123 kB'],
  [999_600, '1.0 MB'],
  [3_000_000_000, '3.0 GB']
])('%i bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('numbers of files have their plural and their separators', () => {
  expect([plural(1, 'file'), plural(2, 'file'), plural(10_100, 'file')]).toEqual([
    '1 file',
    '2 files',
    '10,100 files'
  ])
})

test('control characters and text direction marks are made visible', () => {
  expect(printable('a\u001b[31mred\u202egpj.exe\nb')).toBe('a\uFFFD[31mred\uFFFDgpj.exe\uFFFDb')
})

test('a finding is one line: where, what is wrong, and what to do', () => {
  const finding: Finding = {
    check: 'broken-link',
    level: 'error',
    path: '/a/index.html',
    alsoIn: [],
    count: 1,
    source: null,
    line: 7,
    value: '/b/',
    what: 'The link `/b/` leads nowhere.',
    remedy: 'Mend\u001b it.'
  }
  expect(describeFinding(finding)).toBe('/a/index.html:7: The link `/b/` leads nowhere. Mend\uFFFD it.')
  expect(describeFinding({ ...finding, source: 'src/a.md', line: null })).toMatch(/^src\/a\.md: The link/)
})

describe('the seeds that hold a release', () => {
  const outcome = (seeds: SeedReceipt[], unconfirmed: string[] | null = null): Unchanged => ({
    status: 'unchanged',
    key: 'key',
    link: 'hyper://key/',
    mirror: 'https://example.org/',
    release: 3,
    version: 9,
    fork: 0,
    added: 0,
    changed: 0,
    removed: 0,
    bytesWritten: 0,
    durationMs: 5,
    seeds,
    notes: {
      newKeyIn: null,
      isUnseeded: seeds.length === 0,
      unconfirmed,
      seedRemarks: [],
      overtaken: null,
      undoesRollbackTo: null,
      leftOut: [],
      dir: null,
      findings: [],
      checksProblem: null,
      stale: []
    }
  })
  const holds = { key: 'a', confirmed: true, ms: 300, problem: null }
  const fetches = { key: 'b', confirmed: false, ms: 900, problem: null }
  const isAway = { ...fetches, problem: 'Seed `b` is not online.' }

  test.each([
    [[holds], '1 seed holds release 3, after 300 ms.'],
    [[holds, { ...holds, ms: 500 }], '2 seeds hold release 3, after 500 ms.'],
    [[holds, fetches], '1 seed holds release 3, after 300 ms; 1 is still fetching it.'],
    [[holds, isAway], '1 seed holds release 3, after 300 ms. Seed `b` is not online.']
  ])('are counted, and the others are told apart', (seeds, text) => {
    expect(describeOutcome(outcome(seeds)).map((line) => line.text)).toContain(text)
  })

  test('are not told a second time why they do not, beside the warning', () => {
    const texts = describeOutcome(outcome([holds, isAway], [isAway.problem])).map((line) => line.text)
    expect(texts.join('\n').match(/not online/g)).toHaveLength(1)
  })

  test('are what a publish with `--sync` was about, and not what was built', () => {
    const said = (seeds: SeedReceipt[]) => describeSync(outcome(seeds)).map(({ text }) => text)
    expect(said([holds])).toEqual([
      '1 seed holds release 3, after 300 ms.',
      'Nothing was built or compared; release 3 was handed to the seed. (5 ms)',
      'https://example.org/'
    ])
    expect(said([])[0]).toContain('No seed is pinned, so release 3 could not be handed on.')
  })
})
