import { describe, expect, test, vi } from 'vitest'
import { describeOutcome } from '../src/report.js'
import { startChecks } from '../src/running-checks.js'
import { codeOfRejection, until, Workshop } from './support/workshop.js'

// A fault of a check is what these are about, and none is known.
const check = vi.hoisted(() => ({ site: (_input: unknown): Promise<unknown> => Promise.resolve([]) }))
vi.mock('../src/content/check-site.js', () => ({ checkSite: (input: unknown) => check.site(input) }))

const BUILD = {
  ignoreFile: '/nowhere/.sitedriveignore',
  scanCache: null,
  sources: {},
  key: null,
  mirror: null,
  projectDir: '',
  stale: [],
  factsCache: null
}

describe('a check that breaks', () => {
  test('fails no publish, which says that the site is unchecked', async () => {
    check.site = () => Promise.reject(new Error('no such parser.'))
    const shop = new Workshop({ 'index.html': 'x' })
    const outcome = await shop.publish()
    expect(outcome.notes).toMatchObject({ findings: [], checksProblem: 'no such parser.' })
    expect(describeOutcome(outcome)).toContainEqual({
      level: 'warn',
      text: 'The site was published unchecked: no such parser.'
    })
  })

  test('refuses a publish that must be checked', async () => {
    check.site = () => Promise.reject(new Error('no such parser'))
    const shop = new Workshop({ 'index.html': 'x' })
    const refused = shop.publisher({ checks: 'fail' }).publish(shop.dir)
    await expect(refused).rejects.toThrow(/could not be checked: no such parser\. Nothing was published/)
    expect(await codeOfRejection(refused)).toBe('CHECKS_FAILED')
  })
})

describe('checks that do not end', () => {
  test('are given up at a deadline', async () => {
    check.site = () => new Promise(() => {})
    const shop = new Workshop({ 'index.html': 'x' })
    const { findings } = startChecks({ ...BUILD, dir: shop.dir }, 50)
    await expect(findings).rejects.toThrow('longer than 0.05 s')
  })

  test('are told to end when they are stopped', async () => {
    let signal: AbortSignal | undefined
    check.site = (input) => {
      signal = (input as { signal: AbortSignal }).signal
      return new Promise(() => {})
    }
    const shop = new Workshop({ 'index.html': 'x' })
    const { findings, stop } = startChecks({ ...BUILD, dir: shop.dir })
    await until(() => signal !== undefined)
    stop()
    expect(signal?.aborted).toBe(true)
    await expect(findings).rejects.toThrow('stopped')
  })
})
