import { describe, expect, test } from 'vitest'
import { metricsText } from '../../src/seed/metrics.js'
import type { PeerStatus, SiteStatus } from '../../src/seed/peer-status.js'
import { statusPage } from '../../src/seed/status-page.js'

const KEY = 'ikikikikikikikikikikikikikikikikikikikikikikikikikiy'
const NONE = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 }

function site(over: Partial<SiteStatus> = {}): SiteStatus {
  return {
    key: KEY,
    title: null,
    link: `hyper://${KEY}/`,
    url: `http://${KEY}.localhost:8080/`,
    names: [],
    state: 'complete',
    release: 12,
    publishedAt: '2026-02-28T17:05:00.000Z',
    updatedAt: '2026-02-28T17:05:01.000Z',
    files: 1_204,
    bytes: 18_300_000,
    words: null,
    titles: [],
    heldBytes: 21_000_000,
    pinnedBy: [KEY],
    peers: 3,
    damagedCount: 0,
    damaged: [],
    problems: [],
    problem: null,
    ...over
  }
}

function status(over: Partial<PeerStatus> = {}): PeerStatus {
  return {
    key: KEY,
    startedAt: '2026-02-28T17:00:00.000Z',
    connections: 4,
    usedBytes: 21_000_000,
    totalBytes: null,
    sites: [site()],
    publishers: [{ publisher: KEY, quotaBytes: 5e7, usedBytes: 21e6, isConnected: true }],
    strangers: null,
    pins: 2,
    blocked: 0,
    conflicts: 0,
    isHealthy: true,
    problem: null,
    ...over
  }
}

describe('the status page', () => {
  test('says of each site its release, when, how large, where, and of each publisher what it uses', () => {
    const page = statusPage(status())
    for (const part of [
      `http://${KEY}.localhost:8080/`,
      '>12<',
      '2026-02-28 17:05 UTC',
      '1,204',
      '18.3 MB',
      '21.0 MB of 50.0 MB'
    ])
      expect(page).toContain(part)
    expect(page).not.toMatch(/<script|src=|@import|url\(/)
  })

  test('says what a release changed: in its words, else by its first titles', () => {
    const words = '1 new page: “Why P2P deserves another chance”; 3 changed'
    const titles = ['One', 'Two', 'Three', 'Four']
    const told = statusPage(status({ sites: [site({ words, titles })] }))
    expect(told).toContain(`<p class="words">${words}</p>`)
    expect(told).not.toContain('Two')
    expect(statusPage(status({ sites: [site({ titles })] }))).toContain(
      '<p class="words">One · Two · Three</p>'
    )
    expect(statusPage(status())).not.toContain('class="words"')
  })

  test('calls a site by its title, else by the name that it was given, else by its key', () => {
    const named = (over: Partial<SiteStatus>) =>
      /<h3><a href="[^"]*">([^<]*)<\/a>/.exec(statusPage(status({ sites: [site(over)] })))?.[1]
    expect(named({ title: 'A blog & more', names: ['blog'] })).toBe('A blog &#38; more')
    expect(named({ title: '\u202e \u200b', names: ['blog'] })).toBe('blog')
    expect(named({ names: ['blog'] })).toBe('blog')
    expect(named({})).toBe('ikikikik…ikiy')
    expect(named({ title: 'x'.repeat(5_000) })).toBe('x'.repeat(120))
  })

  test('says who pinned a site, and how the peer and its sites are', () => {
    const page = statusPage(
      status({ sites: [site(), site({ state: 'fetching', pinnedBy: [] }), site({ state: 'damaged' })] })
    )
    expect(page).toContain(`<dt>Pinned by</dt><dd><code title="${KEY}">ikikikik…ikiy</code></dd>`)
    expect(page).toContain('<dt>Pinned by</dt><dd>–</dd>')
    expect(page).toContain('Keeps 3 sites online: 1 complete, 1 fetching, 1 damaged.')
    expect(page).toContain('1 site needs a look.')
    expect(statusPage(status())).toContain('This peer and its sites are well.')
    expect(statusPage(status({ isHealthy: false, problem: 'The disk is full.' }))).toContain(
      '<p class="problem">The disk is full.</p>'
    )
    expect(statusPage(status({ isHealthy: false }))).toContain('This peer is not well.')
  })

  test('lists what needs the operator first, and the others by their titles', () => {
    const sites = [
      site({ title: 'Page two' }),
      site({ title: 'Page one' }),
      site({ title: 'Zebra', problems: ['Two files are damaged.'] }),
      site({ title: 'apple' })
    ]
    const names = [...statusPage(status({ sites })).matchAll(/<h3><a href="[^"]*">([^<]*)/g)]
    expect(names.map(([, name]) => name)).toEqual(['Zebra', 'apple', 'Page one', 'Page two'])
  })

  test('shows text of a drive as text, whatever it holds', () => {
    const evil = '\u001b[31m</p><script>alert(1)</script>"\'\u202e'
    const page = statusPage(
      status({
        problem: evil,
        sites: [
          site({ title: evil, words: evil, names: [evil], publishedAt: evil, problem: evil, url: evil })
        ]
      })
    )
    expect(page).not.toContain('<script')
    for (const control of ['\u001b', '\u202e']) expect(page).not.toContain(control)
    expect(page).toContain('&#60;script&#62;')
  })

  test('stays a page, however many sites there are and however much their drives say', () => {
    const said = 'x'.repeat(1_000_000)
    const sites = Array.from({ length: 10_000 }, () =>
      site({ title: said, words: said, problem: said, names: [said] })
    )
    const page = statusPage(status({ sites }))
    expect(page.length).toBeLessThan(3_000_000)
    expect(page).toContain('And 9,000 more sites')
  })

  test('is whole when there is nothing to show', () => {
    const page = statusPage(status({ sites: [], publishers: [] }))
    expect(page).toContain('None yet')
    expect(page).toContain(`npx sitedrive init --seed ${KEY}`)
  })
})

describe('metrics', () => {
  test('are lines that Prometheus reads', () => {
    const lines = metricsText(status(), { ...NONE, '2xx': 7 })
      .trimEnd()
      .split('\n')
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? (\+Inf|[\d.e+]+))$/)
    expect(lines).toContain('sitedrive_http_responses_total{code="2xx"} 7')
    expect(lines).toContain('sitedrive_quota_bytes +Inf')
  })

  test('have a bounded number of series, however many sites there are', () => {
    const many = metricsText(status({ sites: Array.from({ length: 20_000 }, () => site()) }), NONE)
    expect(many.split('\n').length).toBeLessThan(3_000)
    expect(many).toContain('sitedrive_sites 20000\n')
  })
})
