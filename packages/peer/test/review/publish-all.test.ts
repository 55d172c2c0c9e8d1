import { describe, expect, test } from 'vitest'
import type { Run } from '../../src/review/api.js'
import { reviewSite } from './support/review-site.js'

describe('the review', () => {
  test('tells what a publish would change against the newest release', async () => {
    const site = await reviewSite({
      released: { 'index.html': '<p>one</p>', 'gone.html': 'x', 'same.css': 'a{}' },
      now: { 'index.html': '<p>two</p>', 'gone.html': null, 'new/index.html': '<p>new</p>' },
      build: ({ dir }) => ({ dir })
    })
    const review = await site.call.review()
    expect(review.counts).toEqual({ added: 1, changed: 1, removed: 1 })
    expect(review.then).toMatchObject({ release: 1 })
    expect(review.now?.files).toBe(3)
    expect(review.summary.pages.map(({ op, path }) => `${op} ${path}`)).toEqual([
      'remove /gone.html',
      'change /index.html',
      'add /new/index.html'
    ])
  })

  test('publishes the folder as it is where there is nothing to run', async () => {
    const site = await reviewSite({
      released: { 'a.html': '1' },
      now: { 'a.html': '2' },
      build: ({ dir }) => ({ dir })
    })
    const { status, body } = await site.call.post<Run>('/api/publish', { command: null })
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'running', kind: 'publish' })
    expect(await site.call.ended()).toMatchObject({ state: 'published', outcome: { release: 2, changed: 1 } })
    expect((await site.call.review()).counts).toEqual({ added: 0, changed: 0, removed: 0 })
  })
})
