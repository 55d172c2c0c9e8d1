import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { outcomeJson } from '../src/outcome/outcome.js'
import { readReleasedSources } from '../src/history/released-sources.js'
import { describeOutcome } from '../src/outcome/report.js'
import { codeOfRejection, Workshop } from './support/workshop.js'

function page(title: string, body = ''): string {
  return `<!doctype html><html lang="en"><title>${title}</title><p>${body}</p>`
}

function writeSource({ projectDir }: Workshop, text = '# About'): void {
  mkdirSync(path.join(projectDir, 'src'))
  writeFileSync(path.join(projectDir, 'src/about.md'), text)
}

const BROKEN_LINK = '<a href="/nowhere.html">further</a>'
const SOUND = { 'index.html': page('Home', '<a href="/about.html">about</a>'), 'about.html': page('About') }
const BROKEN = { ...SOUND, 'about.html': page('About', BROKEN_LINK) }

describe('what a release changed', () => {
  test('is told in its record, in its outcome and in the last lines of a publish', async () => {
    const shop = new Workshop(SOUND)
    await shop.publish()
    shop.write({ 'why.html': page('Why P2P deserves another chance'), 'about.html': page('About', 'me') })
    const outcome = await shop.publish()
    const { words = '' } = outcome.summary ?? {}
    expect(words).toContain('Why P2P deserves another chance')
    expect(await shop.record()).toMatchObject({
      words,
      titles: expect.arrayContaining(['Why P2P deserves another chance', 'About'])
    })
    expect(outcomeJson(outcome)).toMatchObject({ words, findings: [] })
    const lines = describeOutcome(outcome).map(({ text }) => text)
    expect(lines[0]).toMatch(/^Release 2: .+; \d+ B written, in [^;]+\.$/)
    expect(lines[0]).toContain(words)
  })

  test('is told as numbers of files where no page can be read', async () => {
    const shop = new Workshop(SOUND)
    const outcome = await shop.publish()
    const [line] = describeOutcome({ ...outcome, summary: null }).map(({ text }) => text)
    expect(line).toMatch(/^Release 1: 2 files added \(\d+ B\); \d+ B written, in /)
  })

  test('has no control characters for a terminal', async () => {
    const shop = new Workshop({ 'index.html': page('\u001b[31mred\u202e') })
    const text = describeOutcome(await shop.publish())
      .map((line) => line.text)
      .join('\n')
    for (const control of ['\u001b', '\u202e']) expect(text).not.toContain(control)
  })

  test('of a rollback is which release is shown again', async () => {
    const shop = new Workshop(SOUND)
    await shop.publish()
    shop.write({ 'about.html': page('About', 'me') })
    await shop.publish()
    await shop.publisher().rollback(1)
    expect(await shop.record()).toMatchObject({ release: 3, words: 'back to release 1', titles: [] })
  })
})

describe('a publish that ships something broken', () => {
  test('goes on, and says where to mend what', async () => {
    const shop = new Workshop(BROKEN)
    const outcome = await shop.publish()
    expect(outcome.notes.findings).toMatchObject([
      { check: 'broken-link', level: 'error', path: '/about.html', value: '/nowhere.html' }
    ])
    const [warning] = describeOutcome(outcome)
    expect(warning).toEqual({
      level: 'warn',
      isError: true,
      text: expect.stringMatching(/^\/about\.html:1: .*`\/nowhere\.html`/)
    })
  })

  test('tells five findings, and how to see the others', async () => {
    const links = Array.from({ length: 8 }, (_, n) => `<a href="/gone/${n}.html">${n}</a>`).join('')
    const shop = new Workshop({ 'index.html': page('Home', links) })
    const warnings = describeOutcome(await shop.publish()).filter(({ level }) => level === 'warn')
    expect(warnings).toHaveLength(6)
    expect(warnings[5]?.text).toBe('… and 3 more: npx sitedrive review _site')
  })

  test('names the source that a person edits, where the build told of it', async () => {
    const shop = new Workshop(BROKEN)
    writeSource(shop, '# About\n\n[further](/nowhere.html)')
    const outcome = await shop.publisher().publish(shop.dir, { sources: { '/about.html': 'src/about.md' } })
    expect(outcome).toMatchObject({ notes: { findings: [{ source: 'src/about.md', line: 3 }] } })
  })

  test('is refused in the mode `fail`, before a key is made', async () => {
    const shop = new Workshop(BROKEN)
    const publisher = shop.publisher({ checks: 'fail' })
    const refused = publisher.publish(shop.dir)
    await expect(refused).rejects.toThrow(/`\/nowhere\.html`/)
    expect(await codeOfRejection(refused)).toBe('CHECKS_FAILED')
    expect(existsSync(path.join(shop.projectDir, 'sitedrive.json'))).toBe(false)
    expect(existsSync(shop.home)).toBe(false)
    shop.write(SOUND)
    expect(await publisher.publish(shop.dir)).toMatchObject({ status: 'published', release: 1 })
  })

  test('is refused in the mode `fail` before anything is signed, and told of a few faults', async () => {
    const shop = new Workshop(SOUND)
    await shop.publish()
    const head = readFileSync(shop.paths.head, 'utf8')
    const links = Array.from({ length: 8 }, (_, n) => `<a href="/gone/${n}.html">${n}</a>`).join('')
    shop.write({ 'about.html': page('About', links) })
    const refused = shop.publisher({ checks: 'fail' }).publish(shop.dir)
    await expect(refused).rejects.toThrow(/8 problems.*\n(.*\n){5}… and 3 more/)
    expect(readFileSync(shop.paths.head, 'utf8')).toBe(head)
    expect(await shop.published()).not.toMatchObject({ 'about.html': page('About', links) })
    expect(await shop.publish()).toMatchObject({ release: 2 })
  })

  test('is published in the mode `fail` when nothing of it is new', async () => {
    const shop = new Workshop(BROKEN)
    await shop.publish()
    expect(await shop.publisher({ checks: 'fail' }).publish(shop.dir)).toMatchObject({ status: 'unchanged' })
  })

  test.each([
    ['the option', { checks: 'off' } as const],
    ['SITEDRIVE_CHECKS', {}]
  ])('is not looked at when %s says `off`', async (_name, options) => {
    const shop = new Workshop(BROKEN)
    const env = { ...shop.env, ...('checks' in options ? {} : { SITEDRIVE_CHECKS: 'off' }) }
    const outcome = await shop.publish({ ...options, env })
    expect(outcome.notes).toMatchObject({ findings: [], checksProblem: null })
    expect(outcome.summary?.titles).toContain('About')
  })

  test('is told of by a review as well, with the sources of the last release', async () => {
    const shop = new Workshop(SOUND)
    writeSource(shop)
    await shop.publisher().publish(shop.dir, { sources: { '/about.html': 'src/about.md' } })
    shop.write(BROKEN)
    expect(await shop.publisher().review(shop.dir)).toMatchObject({
      release: 1,
      pages: [{ op: 'change', path: '/about.html', title: 'About', source: 'src/about.md', noise: null }],
      files: [],
      findings: [{ check: 'broken-link', path: '/about.html' }],
      checksProblem: null
    })
  })

  test('is told at the source of the last release, where nobody tells of this one', async () => {
    const shop = new Workshop({ ...SOUND, 'about.html': page('About', '<a href="/gone/">x</a>') })
    writeFileSync(path.join(shop.projectDir, 'notes.md'), '# About\n\n[x](/gone/)\n')
    await shop.publisher().publish(shop.dir, { sources: { '/about.html': 'notes.md' } })
    shop.write({ 'index.html': page('Home', 'changed') })
    const { notes } = await shop.publish()
    expect(notes.findings.map(({ source, line }) => [source, line])).toEqual([['notes.md', 3]])
  })
})

describe('a draft', () => {
  const sources = { '/about.html': 'src/about.md' }

  test('is told of when it is published, and not again with each release after that', async () => {
    const shop = new Workshop(SOUND)
    writeSource(shop, '---\ndraft: true\n---\n# About')
    const checksOf = async (): Promise<string[]> => {
      const outcome = await shop.publisher().publish(shop.dir, { sources })
      return outcome.status === 'published' ? outcome.notes.findings.map(({ check }) => check) : []
    }
    expect(await checksOf()).toEqual(['draft'])
    shop.write({ 'index.html': page('Home', 'changed') })
    expect(await checksOf()).toEqual([])
    shop.write({ 'about.html': page('About', 'changed') })
    expect(await checksOf()).toEqual(['draft'])
  })

  test('is told of where another machine published before, which no scan here knows of', async () => {
    const shop = new Workshop(SOUND)
    writeSource(shop, '---\ndraft: true\n---\n# About')
    await shop.publisher().publish(shop.dir, { sources })
    rmSync(shop.paths.cache)
    shop.write({ 'index.html': page('Home', 'changed') })
    const outcome = await shop.publisher().publish(shop.dir, { sources })
    expect(outcome).toMatchObject({ status: 'published', notes: { findings: [] } })
  })
})

describe('a build that names its sources', () => {
  test('has them kept with the release', async () => {
    const shop = new Workshop(SOUND)
    writeSource(shop)
    await shop.publisher().publish(shop.dir, { sources: { '/about.html': 'src/about.md' } })
    expect(readReleasedSources(shop.paths)).toEqual({
      release: 1,
      sources: new Map([['/about.html', { file: 'src/about.md', text: '# About' }]])
    })
  })
})

describe('the parsers of pages', () => {
  // In a process of its own, from the package as it is installed: which files are loaded can be told nowhere else.
  function loadedBy(shop: Workshop, checks: string): string[] {
    const script = `
      import fs from 'node:fs'
      import threads from 'node:worker_threads'
      const loaded = []
      const { readFileSync } = fs
      fs.readFileSync = (file, ...rest) => (loaded.push(String(file)), readFileSync(file, ...rest))
      threads.Worker = class extends threads.Worker {
        constructor(file, options) {
          super(file, options)
          loaded.push(String(file))
        }
      }
      const { createPublisher } = await import(${JSON.stringify(new URL('../bundle/index.js', import.meta.url).href)})
      await createPublisher({ projectDir: ${JSON.stringify(shop.projectDir)} }).publish('_site')
      console.log(loaded.join('\\n'))`
    const env = { ...process.env, CI: '', SITEDRIVE_CHECKS: checks, ...shop.env }
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' })
      .split('\n')
      .filter((file) => /bundle.[\w-]+\.c?js$/.test(file))
      .map((file) => path.basename(file).replace(/(-[\w-]{8})?\.c?js$/, ''))
  }

  test(
    'are not loaded by a publish that changes nothing, and the checks not by one that is told so',
    { tags: 'long' },
    async () => {
      const shop = new Workshop(SOUND)
      await shop.publish()
      const unchanged = loadedBy(shop, 'warn')
      expect(unchanged).toContain('index')
      for (const part of ['check-site', 'page', 'running-checks']) expect(unchanged).not.toContain(part)
      shop.write({ 'about.html': page('About', 'me') })
      const changed = loadedBy(shop, 'off')
      expect(changed).toContain('page') // for the summary
      expect(changed).not.toContain('running-checks')
    }
  )

  test.each([
    { size: 'many files', files: Array.from({ length: 201 }, (_, n) => [`${n}.txt`, `${n}`]) },
    { size: 'much text', files: [['large.txt', 'x'.repeat(2 ** 21)]] }
  ])(
    'that read the whole site have a thread of their own when it has $size',
    { tags: 'long' },
    async ({ files }) => {
      const shop = new Workshop({ ...SOUND, ...(Object.fromEntries(files) as Record<string, string>) })
      await shop.publish()
      shop.write({ 'about.html': page('About', 'me') })
      expect(loadedBy(shop, 'warn')).toContain('check-worker')
    }
  )

  test(
    'of a small site are not worth a thread, and those of sources not loaded where there are none',
    { tags: 'long' },
    async () => {
      const shop = new Workshop(SOUND)
      await shop.publish()
      shop.write({ 'about.html': page('About', 'me') })
      const loaded = loadedBy(shop, 'warn')
      expect(loaded).toContain('check-site')
      expect(loaded).not.toContain('check-worker')
      expect(loaded).not.toContain('source-head')
    }
  )
})
