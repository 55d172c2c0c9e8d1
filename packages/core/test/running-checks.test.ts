import { existsSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { describeOutcome } from '../src/outcome/report.js'
import { startChecks } from '../src/checks/running-checks.js'
import { walk } from '../src/folder/walk.js'
import { codeOfRejection, until, Workshop } from './support/workshop.js'

// A fault of a check is what these are about, and none is known.
const check = vi.hoisted(() => ({ site: (_input: unknown): Promise<unknown> => Promise.resolve([]) }))
vi.mock('../src/content/check-site.js', () => ({ checkSite: (input: unknown) => check.site(input) }))

const BUILD = {
  scanCache: null,
  sources: {},
  key: null,
  mirror: null,
  changed: null,
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
    const { findings } = startChecks({ ...BUILD, found: walk(shop.dir) }, 50)
    await expect(findings).rejects.toThrow('longer than 0.05 s')
  })

  test('are told to end when they are stopped', async () => {
    let signal: AbortSignal | undefined
    check.site = (input) => {
      signal = (input as { signal: AbortSignal }).signal
      return new Promise(() => {})
    }
    const shop = new Workshop({ 'index.html': 'x' })
    const checks = startChecks({ ...BUILD, found: walk(shop.dir) })
    await until(() => signal !== undefined)
    checks.stop()
    expect(signal?.aborted).toBe(true)
    await expect(checks.findings).rejects.toThrow('stopped')
  })
})

describe('a publish that is stopped while its checks run', () => {
  test('ends, with its release, and begins no other checks', async () => {
    let begun = 0
    check.site = () => {
      begun++
      return new Promise(() => {})
    }
    const stop = new AbortController()
    const shop = new Workshop({ 'index.html': 'x' })
    const publishing = shop.publish({ signal: stop.signal })
    await until(async () => existsSync(shop.home) && (await shop.record().catch(() => null)) !== null)
    await until(() => begun > 0)
    stop.abort()
    expect(await publishing).toMatchObject({ release: 1, notes: { findings: [] } })
    expect(begun).toBe(1)
  })
})
