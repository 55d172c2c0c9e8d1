import { until } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import type { ReviewAnswer, Run } from '../../src/review/api.js'
import { reviewSite, type ReviewSite } from './support/review-site.js'

const BROKEN = { 'index.html': '<a href="/nowhere.html">further</a>' }

async function checked({ call }: ReviewSite): Promise<ReviewAnswer> {
  let answer = await call.review()
  await until(async () => !(answer = await call.review()).isChecking, { timeoutMs: 120_000 })
  return answer
}

describe('what the page says of checks', { timeout: 180_000 }, () => {
  test('is how the plugin was told to check, before what the environment says', async () => {
    const off = await reviewSite({
      released: null,
      now: BROKEN,
      checks: 'off',
      env: { SITEDRIVE_CHECKS: 'fail' }
    })
    expect(await checked(off)).toMatchObject({ checksMode: 'off', findings: [] })
    const byWord = await reviewSite({ released: null, now: BROKEN, env: { SITEDRIVE_CHECKS: 'off' } })
    expect(await checked(byWord)).toMatchObject({ checksMode: 'off', findings: [] })
  })

  test('is a secret that a publish would be refused for, also where checks are switched off', async () => {
    const token = `gh${'p_'}kV8sQ2mZ4tR7wXc9Lb3Nf6Hd1Jg5Pa0YuTqE`
    const site = await reviewSite({
      released: null,
      now: { 'a.html': `<p>${token}</p>` },
      checks: 'off',
      build: ({ dir }) => ({ dir })
    })
    const { findings } = await checked(site)
    expect(findings).toMatchObject([
      { check: 'secret', level: 'error', path: '/a.html', line: 1, value: null }
    ])
    expect(JSON.stringify(findings)).not.toContain(token.slice(4, 12))
    await site.call.post<Run>('/api/publish', { command: null })
    expect(await site.call.ended()).toMatchObject({ state: 'failed', problem: { code: 'SECRET_FOUND' } })
  })

  test('is nothing of what the dev server makes on request, where a build comes before the publish', async () => {
    const now = { 'index.html': '<img src="/.11ty/image/?src=a.png&amp;width=10&amp;format=webp">' }
    const built = await reviewSite({ released: null, now, build: { command: 'npm run build' } })
    expect((await checked(built)).findings).toEqual([])
    const asItIs = await reviewSite({ released: null, now, build: ({ dir }) => ({ dir }) })
    expect((await checked(asItIs)).findings).toMatchObject([
      { check: 'missing-asset', what: expect.stringContaining('Only the dev server of Eleventy') }
    ])
  })

  test('is that a file is not missing but left out, and what lets it in', async () => {
    const now = {
      'a.html': '<script src="/node_modules/prismjs/prism.js"></script><script src="/gone.js"></script>',
      'node_modules/prismjs/prism.js': '1'
    }
    const { findings } = await checked(await reviewSite({ released: null, now }))
    const [gone, left] = findings.toSorted((a, b) => String(a.value).localeCompare(String(b.value)))
    expect(gone?.what).toContain('does not exist')
    expect(`${left?.what} ${left?.remedy}`).toMatch(/node_modules.*`!\/node_modules\/prismjs`/)
  })

  test('holds for a folder that is published from here as well', async () => {
    const site = await reviewSite({
      released: null,
      now: BROKEN,
      checks: 'fail',
      build: ({ dir }) => ({ dir })
    })
    const { checksMode, findings } = await checked(site)
    expect(checksMode).toBe('fail')
    expect(findings).toMatchObject([{ check: 'broken-link', level: 'error' }])
    await site.call.post<Run>('/api/publish', { command: null })
    expect(await site.call.ended()).toMatchObject({ state: 'failed', problem: { code: 'CHECKS_FAILED' } })
  })
})
