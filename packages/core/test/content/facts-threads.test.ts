import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { SiteView } from '../../src/content/content-types.js'
import { gatherFacts } from '../../src/content/gather-facts.js'
import { siteOf } from '../support/site-of.js'

// The threads run what was built: there are none where TypeScript is run as it is.
const built = new URL('../../dist/content/gather-facts.js', import.meta.url)
const { gatherFacts: gatherInThreads } = (await import(built.href)) as { gatherFacts: typeof gatherFacts }
const threads = new URL('../../dist/content/facts-threads.js', import.meta.url)
const { factsInThreads } = (await import(threads.href)) as typeof import('../../src/content/facts-threads.js')

function large(): SiteView {
  const pages: Record<string, string> = { '/a.css': 'a { background: url(x.png) }' }
  for (let n = 0; n < 400; n++) {
    pages[`/${n}/index.html`] =
      `<title>Page ${n}</title>${`<p id="p${n}">Text<a href="/${n}/">a</a>`.repeat(200)}`
  }
  return siteOf(pages)
}

test('threads find the same as this one does', { tags: 'long' }, async () => {
  expect(existsSync(fileURLToPath(new URL('../../dist/content/facts-worker.js', import.meta.url)))).toBe(true)
  const here = await gatherFacts(large(), null, undefined)
  expect(here.size).toBe(401)
  expect(await gatherInThreads(large(), null, undefined)).toEqual(here)
})

test('a file that cannot be read is missing, whatever the threads do', async () => {
  const whole = large()
  const partial = {
    files: whole.files,
    read: (path: string) => Promise.resolve(path === '/7/index.html' ? null : whole.read(path))
  }
  const facts = await gatherInThreads(partial, null, undefined)
  expect([facts.size, facts.has('/7/index.html')]).toEqual([400, false])
})

test('a thread that fails at a job ends without taking this process with it', async () => {
  const unread = [{ key: 'nonsense a', kind: 'page' as const, path: '/a.html', bytes: 1 }]
  // What cannot be a page: the thread throws.
  const broken = { files: new Map(), read: () => Promise.resolve('no bytes' as unknown as Uint8Array) }
  expect(await factsInThreads(unread, broken, undefined)).toEqual(new Map())
})

test('a check that is not wanted any more ends its threads', async () => {
  const controller = new AbortController()
  const whole = large()
  let reads = 0
  const view: SiteView = {
    files: whole.files,
    read(path) {
      if (++reads === 150) controller.abort()
      return whole.read(path)
    }
  }
  await expect(gatherInThreads(view, null, controller.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(reads).toBeLessThan(401)
})
