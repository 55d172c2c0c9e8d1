import { appendFileSync } from 'node:fs'
import { sitePaths } from '@sitedrive/core'
import { expect, test } from 'vitest'
import { LastRelease } from '../../src/review/release-in-use.js'
import { reviewSite } from './support/review-site.js'

test('a release stays open for whoever was first, when a newer one is found while it is opened', async () => {
  const { projectDir, env, call } = await reviewSite({ released: { 'a.html': 'one' }, now: null })
  const { key } = await call.review()
  const release = new LastRelease(projectDir, env)
  const read = () => release.use(async (held) => String(await held?.view.read('/a.html')))
  const first = read()
  // As a publish of another process leaves it: another text of the head file.
  appendFileSync(sitePaths(env['SITEDRIVE_HOME']!, key!).head, '\n')
  expect(await Promise.all([first, read()])).toEqual(['one', 'one'])
  release.close()
})
