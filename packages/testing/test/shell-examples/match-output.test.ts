import { describe, expect, test } from 'vitest'
import { fillIn, matchOutput } from '../../src/shell-examples/match-output.js'

const fits = (expected: string, output: string, values = new Map<string, string>()) =>
  matchOutput(expected.split('\n'), `${output}\n`, values)

describe('what is printed fits', () => {
  test.each([
    ['the same', 'the same'],
    ['a … z', 'a b c z'],
    ['first\n…\nlast', 'first\none\ntwo\nlast'],
    ['first\n…\nlast', 'first\nlast'],
    ['534 kB written, in 535 ms.', '1.2 MB written, in 2 s.'],
    ['Wrote 29 files in 0.41 seconds', 'Wrote 29 files in 1.41 seconds'],
    ['http://review.localhost:5207/#…', 'http://review.localhost:41234/#abc'],
    ['a\nb', 'a\n\n\u001B[32mb\u001B[0m   \n'],
    ['a', 'Comparing: 3 of 9 files\na']
  ])('%j, %j', (expected, output) => {
    expect(fits(expected, output)).toBe(true)
  })
})

describe('what is printed does not fit', () => {
  test.each([
    ['the same', 'the same thing'],
    ['the same', 'also\nthe same'],
    ['28 new pages', '29 new pages'],
    ['a.b', 'axb'],
    ['a … z', 'a\nz'],
    ['<key> and <key>', 'one and two'],
    ['534 kB', '534 ms']
  ])('%j, %j', (expected, output) => {
    expect(fits(expected, output)).toBe(false)
  })
})

test('a placeholder is the same at each later place, in output and in commands', () => {
  const values = new Map<string, string>()
  expect(
    fits('Peer key: <peer key>\nhttp://localhost:4480/', 'Peer key: abc\nhttp://localhost:4999/', values)
  ).toBe(true)
  expect(fits('<peer key>', 'abc', values)).toBe(true)
  expect(fits('<peer key>', 'other', values)).toBe(false)
  expect(fillIn('init --seed <peer key> < in.txt; curl localhost:4480/ localhost:80', values)).toBe(
    'init --seed abc < in.txt; curl localhost:4999/ localhost:80'
  )
  expect(fillIn('echo "<title>A</title>"', values)).toBe('echo "<title>A</title>"')
  expect(() => fillIn('x <site key>', values)).toThrow('nothing before it told what <site key> is')
})

test('of what goes on, the beginning is compared', () => {
  expect(matchOutput(['…', 'ready'], 'a\nready\nmore\n', new Map(), false)).toBe(true)
  expect(matchOutput(['…', 'ready'], 'a\nread', new Map(), false)).toBe(false)
})
