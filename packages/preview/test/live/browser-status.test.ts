import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { hasBrowser, screenshots, until, type BrowserContext, type Page } from '@sitedrive/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { contexts } from './support/contexts.js'
import { dump } from './support/dump.js'
import { html } from './support/html.js'
import { isSame, liveSite, openPage } from './support/live-site.js'
import { textOf } from './support/text-shown.js'

const PHONE = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
const FAILURE = {
  message: `Unexpected tag <b onclick="alert(1)">\n  {% if %} in ${'a/very/long/path/'.repeat(20)}`,
  file: 'src/posts/first.md',
  line: 12,
  column: 7
}

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext()
})

describe.skipIf(!hasBrowser)('what the page says of the build', () => {
  test('a failure lies over the page, as text and with its place, until a build is good', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p><input>') })
    const { page } = await openPage(context, site.url)
    await page.fill('input', 'typed')
    const before = await dump(page)
    await site.failed(FAILURE)
    await until(async () => (await shown(page)).length > 0)
    expect(await shown(page)).toEqual([
      { role: 'alert', text: ['Close (Esc)', 'The build failed', 'src/posts/first.md:12:7', FAILURE.message] }
    ])

    await site.update({ '/index.html': html('<p>two</p><input>') })
    await until(async () => (await textOf(page, 'p')) === 'two' && (await shown(page)).length === 0)
    expect(await dump(page)).toBe(before.replace('one', 'two'))
    expect(await page.inputValue('input')).toBe('typed')
    expect(await isSame(page)).toBe(true)
  })

  test('a failure shows the lines around its place, with the place marked, on the machine of the builds', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>') })
    mkdirSync(path.join(site.projectDir, 'src'))
    const source = path.join(site.projectDir, 'src/page.njk')
    writeFileSync(
      source,
      Array.from({ length: 20 }, (_, n) => `line ${n + 1} <i>{{ x | shout }}</i>`).join('\n')
    )
    const { page } = await openPage(context, site.url)
    await site.failed({ message: 'no such filter', file: './src/page.njk', line: 12, column: 15 })
    await until(async () => (await shown(page)).length > 0)
    const text = (await shown(page))[0]!.text.at(-1)!
    expect(text.split('\n').filter(Boolean)).toEqual(
      [9, 10, 11, 12, 13, 14, 15].map(
        (n) => `${n === 12 ? '>' : ' '} ${String(n).padStart(2)} | line ${n} <i>{{ x | shout }}</i>`
      )
    )
    expect(await inOverlay(page, "root.querySelector('mark').textContent")).toBe('x')
    await screenshots(page, 'overlay')

    // The same error, another line: what was read before is not shown again.
    writeFileSync(source, 'one\n{{ x | shout }}')
    site.building()
    await site.failed({ message: 'no such filter', file: './src/page.njk', line: 2 })
    await until(async () => (await shown(page))[0]?.text.at(-1)?.startsWith('  1 | one') ?? false)
    expect(await inOverlay(page, "root.querySelector('mark').textContent")).toBe('{{ x | shout }}')
  })

  test('others get a banner without source lines, and the page stays usable', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p><input>') })
    writeFileSync(path.join(site.projectDir, 'page.njk'), 'secret words')
    site.author({ online: true, updatedAt: null })
    const { page } = await openPage(context, site.url)
    await site.failed({ message: 'no such filter\nat <b>x</b>', file: './page.njk', line: 1 })
    await until(async () => (await shown(page)).length > 0)
    expect(await shown(page)).toEqual([
      {
        role: 'status',
        text: [
          'Close (Esc)',
          'The author’s build failed. This is the last good one.',
          './page.njk:1',
          'no such filter\nat <b>x</b>'
        ]
      }
    ])
    const events = await page.evaluate(
      `new Promise((resolve) => new EventSource('/.well-known/sitedrive/events?since=').addEventListener('status', ({ data }) => resolve(data)))`
    )
    expect(events).toContain('no such filter')
    expect(events).not.toContain('secret words')
    await page.click('input')
    await page.keyboard.type('typed')
    expect(await page.inputValue('input')).toBe('typed')
    await screenshots(page, 'banner')
    await page.keyboard.press('Escape')
    await until(async () => (await shown(page)).length === 0)
  })

  test(
    'a failure can be put away, by button and by Escape, and the next one is shown again',
    { tags: 'long' },
    async () => {
      const site = await liveSite({ '/index.html': html('<p>one</p>') })
      const { page } = await openPage(context, site.url)
      await site.failed(FAILURE)
      await until(async () => (await shown(page)).length === 1)
      await page.keyboard.press('Escape')
      await until(async () => (await shown(page)).length === 0)
      site.building()
      await site.failed({ ...FAILURE, message: 'another' })
      await until(async () => (await shown(page))[0]?.text.at(-1) === 'another')
      await page.mouse.click((page.viewportSize()?.width ?? 0) - 70, 75)
      await until(async () => (await shown(page)).length === 0)
    }
  )

  test(
    'a failure is there in pages that are opened later, and no part of a page that is changed meanwhile',
    { tags: 'long' },
    async () => {
      const site = await liveSite({ '/index.html': html('<p>one</p>') })
      await site.failed(FAILURE)
      const { page } = await openPage(context, site.url)
      await until(async () => (await shown(page)).length === 1)
      expect(await page.evaluate('document.documentElement.lastElementChild.localName')).toBe(
        'sitedrive-live'
      )
    }
  )

  test('a failure is readable on a phone, in light and in dark', async () => {
    const site = await liveSite({
      '/index.html': html('<p>one</p>', '<meta name="viewport" content="width=device-width">')
    })
    await site.failed(FAILURE)
    for (const colorScheme of ['light', 'dark'] as const) {
      const phone = await newContext({ ...PHONE, colorScheme })
      const { page } = await openPage(phone, site.url)
      await until(async () => (await shown(page)).length === 1)
      const boxes = await inOverlay<{ left: number; right: number; size: number }[]>(
        page,
        `Array.from(root.querySelectorAll('button,h2,code,pre'), (each) => {
          const { left, right } = each.getBoundingClientRect()
          return { left, right, size: parseFloat(getComputedStyle(each).fontSize), scroll: each.scrollWidth - each.clientWidth }
        })`
      )
      expect(boxes).toHaveLength(4)
      for (const { left, right, size } of boxes) {
        expect(left).toBeGreaterThanOrEqual(0)
        expect(right).toBeLessThanOrEqual(PHONE.viewport.width)
        expect(size).toBeGreaterThanOrEqual(16)
      }
      // `SCREENSHOTS=<folder>` keeps what people are to look at.
      const folder = process.env['SCREENSHOTS']
      if (folder) {
        mkdirSync(folder, { recursive: true })
        await page.screenshot({ path: `${folder}/failure-${colorScheme}.png` })
      }
    }
  })

  test('a build that takes long is mentioned until it is over', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>') })
    const { page } = await openPage(context, site.url)
    site.building()
    await until(async () => (await shown(page))[0]?.text[0] === 'Building …')
    await site.update({ '/index.html': html('<p>two</p>') })
    await until(async () => (await shown(page)).length === 0)
    await until(async () => (await textOf(page, 'p')) === 'two')
    expect(await isSame(page)).toBe(true)
  })

  test('an author who is away is mentioned, with the age of what is shown', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>') })
    const { page } = await openPage(context, site.url)
    site.author({ online: false, updatedAt: new Date(Date.now() - 3 * 60_000).toISOString() })
    await until(async () => (await shown(page))[0]?.text[0] === 'Author offline — last update 3 min ago')
    site.author({ online: true, updatedAt: null })
    await until(async () => (await shown(page)).length === 0)
    expect(await isSame(page)).toBe(true)
  })
})

/** What lies over the page: its blocks, with their role and the texts in them. */
async function shown(page: Page): Promise<{ role: string | null; text: string[] }[]> {
  return inOverlay(
    page,
    `Array.from(root.querySelectorAll('div,section,p'), (each) => ({
      role: each.role,
      text: Array.from(each.childNodes, (child) => child.textContent)
    }))`,
    []
  )
}

/** Evaluates an expression about `root`, the closed shadow root: only the browser's own tools reach it. */
async function inOverlay<T>(page: Page, expression: string, otherwise?: T): Promise<T> {
  const tools = await page.context().newCDPSession(page)
  try {
    const { root } = await tools.send('DOM.getDocument', { depth: -1, pierce: true })
    const shadow = find(root as Node)
    if (!shadow) return otherwise as T
    const { object } = await tools.send('DOM.resolveNode', { nodeId: shadow.nodeId })
    const { result } = await tools.send('Runtime.callFunctionOn', {
      objectId: object.objectId!,
      functionDeclaration: `function () { const root = this; return ${expression} }`,
      returnByValue: true
    })
    return result.value as T
  } catch (error) {
    // The overlay went away between two questions.
    if (otherwise !== undefined) return otherwise
    throw error
  } finally {
    await tools.detach()
  }
}

interface Node {
  nodeId: number
  localName: string
  shadowRoots?: Node[]
  children?: Node[]
}

function find(node: Node): Node | undefined {
  if (node.localName === 'sitedrive-live') return node.shadowRoots?.[0]
  for (const child of node.children ?? []) {
    const found = find(child)
    if (found) return found
  }
  return undefined
}
