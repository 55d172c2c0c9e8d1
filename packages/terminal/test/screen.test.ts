import { SitedriveError } from '@sitedrive/core'
import { describe, expect, test } from 'vitest'
import { CommandFailed, showFailure } from '../src/failure.js'
import { plainStyle, topicStyle, type LineStyle } from '../src/line-style.js'
import { Screen, type ScreenOptions } from '../src/screen.js'

/** A screen, and what was written to its streams. */
function screenOf(
  style: LineStyle,
  { isTTY = false, ...options }: Partial<ScreenOptions> & { isTTY?: boolean } = {}
) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    write: (text: string | Uint8Array) => Boolean((written[name] += String(text)))
  })
  const screen = new Screen({
    isJson: false,
    env: {},
    style,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    ...options
  })
  return { screen, written }
}

const topic = topicStyle('Sitedrive', 20)

test('results are on stdout, all else on stderr; with --json stdout has the object alone', () => {
  for (const isJson of [false, true]) {
    const { screen, written } = screenOf(plainStyle, { isJson })
    screen.json({ release: 1 })
    screen.print('Release 1')
    screen.info('A note')
    screen.warn('Look')
    expect(written).toEqual(
      isJson
        ? { stdout: '{"release":1}\n', stderr: 'Release 1\nA note\nWarning: Look\n' }
        : { stdout: 'Release 1\n', stderr: 'A note\nWarning: Look\n' }
    )
  }
})

test('with a topic each line begins with it, but for those that programs read', () => {
  const { screen, written } = screenOf(topic)
  screen.print('Release 1\u001b[2J')
  screen.printPlain('hyper://key/')
  screen.warn('Look')
  screen.error('One\n  two')
  expect(written.stdout).toBe('         Sitedrive: Release 1\uFFFD[2J\nhyper://key/\n')
  expect(written.stderr).toBe(' Sitedrive warning: Look\n   Sitedrive error: One two\n')
})

test('colors are for terminals, and not where NO_COLOR, a dumb terminal or --no-color says so', () => {
  const warningOf = (options: Parameters<typeof screenOf>[1]) => {
    const { screen, written } = screenOf(plainStyle, options)
    screen.warn('Look')
    return written.stderr
  }
  expect(warningOf({ isTTY: true })).toBe('\u001b[33mWarning:\u001b[0m Look\n')
  const plain = [{}, { env: { NO_COLOR: '1' } }, { env: { TERM: 'dumb' } }, { color: false }]
  for (const options of plain.map((each, at) => ({ isTTY: at > 0, ...each })))
    expect(warningOf(options)).toBe('Warning: Look\n')
})

describe('a failure', () => {
  const rows: [string, unknown, number, string, string][] = [
    ['BAD_OPTION', new SitedriveError('BAD_OPTION', 'Wrong.'), 2, 'Wrong.', 'Wrong. (BAD_OPTION)'],
    ['COMMAND_FAILED', new CommandFailed('It failed.', 7), 7, 'It failed.', 'It failed. (COMMAND_FAILED)'],
    [
      'SECRET_FOUND',
      new SitedriveError('SECRET_FOUND', 'Two:\na.txt\nb.txt'),
      1,
      'Two:\na.txt\nb.txt',
      'Two: a.txt b.txt (SECRET_FOUND)'
    ],
    [
      'UNEXPECTED',
      new Error('boom.'),
      1,
      'Something unexpected went wrong: boom. SITEDRIVE_DEBUG=1 shows where.',
      'Something unexpected went wrong: boom. SITEDRIVE_DEBUG=1 shows where.'
    ]
  ]
  test.each(rows)(
    '%s is one object, a line in the style of the program, and an exit code',
    (code, error, exitCode, plain, withTopic) => {
      for (const [style, text] of [
        [plainStyle, `Error: ${plain}\n`],
        [topic, `   Sitedrive error: ${withTopic}\n`]
      ] as const) {
        const { screen, written } = screenOf(style, { isJson: true })
        expect(showFailure(screen, {}, error)).toBe(exitCode)
        expect(JSON.parse(written.stdout)).toEqual({ error: { code, message: expect.any(String) } })
        expect(written.stderr).toBe(text)
      }
    }
  )

  test('with SITEDRIVE_DEBUG has its stack below the line, or above it with a topic', () => {
    for (const [style, isBelow] of [
      [plainStyle, true],
      [topic, false]
    ] as const) {
      const { screen, written } = screenOf(style)
      showFailure(screen, { SITEDRIVE_DEBUG: '1' }, new Error('boom'))
      const line = written.stderr.search(/rror: Something unexpected went wrong: boom\.\n/)
      const stack = written.stderr.search(/\n {4}at /)
      expect([line > -1, stack > -1, stack > line]).toEqual([true, true, isBelow])
    }
  })
})
