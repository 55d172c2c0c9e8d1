import { expect, test } from 'vitest'
import { statusFor, type Failure, type PreviewFeed } from '../../src/feed/feed.js'

const failure: Failure = {
  message: 'no such filter',
  file: './page.njk',
  line: 1,
  column: 3,
  source: { first: 1, lines: ['{{ x | shout }}'], column: 3 }
}
const author = { online: true, updatedAt: null }
const feed = (isOwn: boolean, shown: Failure) =>
  ({ isOwn, status: { state: 'failed', failure: shown, author } }) as PreviewFeed

test('source lines go to browsers on the machine of the builds, and to no others', () => {
  expect(statusFor({ isHere: true }, feed(true, failure))).toEqual({
    state: 'failed',
    failure,
    author,
    isAuthor: true
  })
  for (const [isHere, isOwn] of [
    [false, true],
    [true, false],
    [false, false]
  ] as const) {
    const told = statusFor({ isHere }, feed(isOwn, failure))
    expect(told).toMatchObject({ isAuthor: false, failure: { message: 'no such filter', line: 1 } })
    expect(JSON.stringify(told)).not.toContain('shout')
  }
})

test('neither do messages about data, which may quote it', () => {
  const shown = { ...failure, message: 'Bad: "secret"', file: './_data/a.json', source: null }
  expect(JSON.stringify(statusFor({ isHere: true }, feed(true, shown)))).toContain('secret')
  expect(JSON.stringify(statusFor({ isHere: false }, feed(true, shown)))).not.toContain('secret')
})
