import { hasBrowser, until, type BrowserContext } from '@sitedrive/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { contexts } from './support/contexts.js'
import { dump } from './support/dump.js'
import { html } from './support/html.js'
import { isSame, liveSite, openPage } from './support/live-site.js'
import { textOf } from './support/text-shown.js'

const newContext = contexts()
let context: BrowserContext
beforeEach(async () => {
  if (hasBrowser) context = await newContext()
})

const LONG = '<p>one of many</p>\n'.repeat(200)

describe.skipIf(!hasBrowser)('a page that changes', () => {
  test('is changed in place, with one request', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>') })
    const { page, requests } = await openPage(context, site.url)
    await site.update({ '/index.html': html('<p>two</p><p>three</p>', '<meta name="a" content="b">') })
    await until(async () => (await page.locator('p').allTextContents()).join() === 'two,three')
    expect(await page.getAttribute('meta[name=a]', 'content')).toBe('b')
    expect(await isSame(page)).toBe(true)
    expect(requests).toEqual(['/.well-known/sitedrive/page?at=%2F'])
  })

  test('is the page that was published, without a trace of the script', async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>') })
    const { page } = await openPage(context, site.url)
    const other = await context.newPage()
    await other.goto(`${site.url}/.well-known/sitedrive/page?at=/`)
    expect(await dump(page)).toBe(await dump(other))
  })

  test('keeps what its reader is doing: scroll, focus, selection, input, what is open', async () => {
    const body = (text: string): string => `
      <header><h1>${text}</h1></header>
      <div id="box" style="height: 50px; overflow: auto">${LONG}</div>
      <form>
        <input name="name" value="default"><input type="checkbox" name="check">
        <input type="radio" name="radio" value="a" checked><input type="radio" name="radio" value="b">
        <select><option>one<option>two</select><textarea>default</textarea><input type="file">
      </form>
      <details><summary>More</summary>${text}</details>
      <dialog>${text}<button>OK</button></dialog>
      <div contenteditable></div>
      ${LONG}<p id="changed">${text}</p>${LONG}`
    const site = await liveSite({ '/index.html': html(body('before')) })
    const { page } = await openPage(context, site.url)
    await page.fill('[name=name]', 'typed')
    await page.check('[name=check]')
    await page.check('[value=b]')
    await page.selectOption('select', 'two')
    await page.fill('textarea', 'typed, too')
    await page.setInputFiles('[type=file]', {
      name: 'a.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('a')
    })
    await page.click('summary')
    await page.fill('[contenteditable]', 'free text')
    await page.evaluate(`
      document.querySelector('dialog').showModal()
      document.querySelector('#box').scrollTop = 70
      scrollTo(0, 500)
      document.querySelector('dialog').close()
      document.querySelector('textarea').focus({ preventScroll: true })
      document.querySelector('textarea').setSelectionRange(2, 5)
      window.seen = [...document.querySelectorAll('body > p')].find((each) => each.getBoundingClientRect().top > 100)`)
    const state = `JSON.stringify({
      fields: Array.from(document.querySelectorAll('input,select,textarea'), ({ value, checked }) => [value, checked]),
      file: document.querySelector('[type=file]').files.length,
      open: document.querySelector('details').open,
      free: document.querySelector('[contenteditable]').textContent,
      scroll: document.querySelector('#box').scrollTop,
      seen: Math.round(seen.getBoundingClientRect().top),
      focus: document.activeElement.localName,
      selection: [document.activeElement.selectionStart, document.activeElement.selectionEnd]
    })`
    const before: unknown = await page.evaluate(state)
    expect(before).toContain('"scroll":70')

    await site.update({
      '/index.html': html(body('after').replace('<form>', '<h2>New</h2><form class="new">'))
    })
    await until(async () => (await page.textContent('#changed')) === 'after')
    expect(await page.textContent('h2')).toBe('New')
    expect(await page.getAttribute('form', 'class')).toBe('new')
    expect(await page.evaluate(state)).toBe(before)
    expect(await isSame(page)).toBe(true)
  })

  test(
    'keeps what was typed where the author changed the default, and shows the new default elsewhere',
    { tags: 'long' },
    async () => {
      const fields = (value: string): string =>
        `<input id="a" value="${value}"><input id="b" value="${value}">`
      const site = await liveSite({ '/index.html': html(fields('old')) })
      const { page } = await openPage(context, site.url)
      await page.fill('#a', 'typed')
      await site.update({ '/index.html': html(fields('new')) })
      await until(async () => (await page.inputValue('#b')) === 'new')
      expect(await page.inputValue('#a')).toBe('typed')
    }
  )

  test('does not stop what plays, nor load what is in a frame again', { tags: 'long' }, async () => {
    const body = (text: string): string =>
      `<h1>${text}</h1><audio src="/tone.wav" loop></audio><iframe src="/inner.html"></iframe>${text === 'after' ? '<p>added</p>' : ''}`
    const site = await liveSite({
      '/index.html': html(body('before')),
      '/inner.html': html('inner'),
      '/tone.wav': silence(2)
    })
    const { page, requests } = await openPage(context, site.url)
    await page.evaluate(`(async () => {
      const audio = document.querySelector('audio')
      audio.muted = true
      await audio.play()
      audio.mark = frames[0].mark = 'kept'
    })()`)
    requests.length = 0
    await site.update({ '/index.html': html(body('after')) })
    await until(async () => (await page.textContent('h1')) === 'after')
    const state =
      '({ paused: document.querySelector("audio").paused, marks: [document.querySelector("audio").mark, frames[0].mark] })'
    expect(await page.evaluate(state)).toEqual({ paused: false, marks: ['kept', 'kept'] })
    expect(requests).toEqual(['/.well-known/sitedrive/page?at=%2F'])
  })

  test('keeps what its own scripts did to it, where the author did not change the same', async () => {
    const body = (text: string): string => `
      <nav class="menu"><button onclick="this.parentNode.classList.toggle('open')">Menu</button></nav>
      <pre><code>let a = 1</code></pre><p>${text}</p>
      <script>
        document.documentElement.classList.add('js')
        document.body.dataset.theme = 'dark'
        document.querySelector('code').innerHTML = '<span>let</span> a = 1'
        document.body.append(Object.assign(document.createElement('aside'), { textContent: 'made by a script' }))
      </script>`
    const site = await liveSite({ '/index.html': html(body('before')) })
    const { page } = await openPage(context, site.url)
    await page.click('button')
    await site.update({
      '/index.html': html(body('after'))
        .replace('<html lang="en">', '<html lang="de">')
        .replace('<body>', '<body id="b">')
    })
    await until(async () => (await page.textContent('p')) === 'after')
    expect(
      await page.evaluate(`[document.documentElement.lang, document.documentElement.className, document.body.id,
        document.body.dataset.theme, document.querySelector('nav').className, document.querySelector('aside').textContent,
        document.querySelector('code').innerHTML]`)
    ).toEqual(['de', 'js', 'b', 'dark', 'menu open', 'made by a script', '<span>let</span> a = 1'])
    expect(await isSame(page)).toBe(true)
  })

  test('is loaded when author and script changed the same place: only then it is as the script would have it', async () => {
    const body = (text: string): string =>
      `<p>${text}</p><script>document.querySelector('p').textContent += ', counted'</script>`
    const site = await liveSite({ '/index.html': html(body('before')) })
    const { page } = await openPage(context, site.url)
    await site.update({ '/index.html': html(body('after')) })
    await until(async () => (await textOf(page, 'p')) === 'after, counted')
    expect(await isSame(page)).toBe(false)
  })

  test(
    'is loaded when an inline script changed, and not when data for search engines did',
    { tags: 'long' },
    async () => {
      const head = (script: string, data: string): string =>
        `<script>window.ran = ${script}</script><script type="application/ld+json">{"name":"${data}"}</script>`
      const site = await liveSite({ '/index.html': html('', head('1', 'one')) })
      const { page } = await openPage(context, site.url)
      await site.update({ '/index.html': html('', head('1', 'two')) })
      await until(async () => (await textOf(page, '[type="application/ld+json"]')) === '{"name":"two"}')
      expect(await isSame(page)).toBe(true)
      await site.update({ '/index.html': html('', head('2', 'two')) })
      await until(async () => (await page.evaluate('window.ran').catch(() => 0)) === 2)
      expect(await isSame(page)).toBe(false)
    }
  )

  test(
    'is known by its address, whether that is encoded, a folder, or without extension',
    { tags: 'long' },
    async () => {
      const paths = {
        '/täglich/über uns.html': '/t%C3%A4glich/%C3%BCber%20uns',
        '/a/b/index.html': '/a/b/',
        '/c.html': '/c?q=1'
      }
      const site = await liveSite(
        Object.fromEntries(Object.keys(paths).map((path) => [path, html('<p>one</p>')]))
      )
      for (const [path, url] of Object.entries(paths)) {
        const { page } = await openPage(context, site.url + url)
        await site.update({ [path]: html('<p>two</p>') })
        await until(async () => (await page.textContent('p')) === 'two')
        await site.update({ [path]: html('<p>three</p>') })
        await until(async () => (await page.textContent('p')) === 'three')
        expect(await isSame(page)).toBe(true)
        await page.close()
      }
    }
  )

  test('ends at the newest when updates come faster than they are shown', async () => {
    const page1 = (count: number): string =>
      html(
        Array.from({ length: count % 7 }, (_, at) => `<p id="p${at}">${count}</p>`).join('') +
          `<h1>${count}</h1>`
      )
    const site = await liveSite({ '/index.html': page1(0) })
    const { page } = await openPage(context, site.url)
    for (let count = 1; count <= 30; count++) await site.update({ '/index.html': page1(count) })
    await until(async () => (await textOf(page, 'h1')) === '30')
    expect(await page.locator('p').allTextContents()).toEqual(['30', '30'])
    expect(await isSame(page)).toBe(true)
  })

  test('is loaded when its scripts show another address by now', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>one</p>'), '/other.html': html('<p>other</p>') })
    const { page } = await openPage(context, site.url)
    await page.evaluate(`history.pushState(null, '', '/other.html')`)
    await site.update({ '/index.html': html('<p>two</p>') })
    await until(async () => (await textOf(page, 'p')) === 'other')
  })

  test('is changed in place when its <base> is elsewhere', { tags: 'long' }, async () => {
    const head = '<base href="https://elsewhere.invalid/x/">'
    const site = await liveSite({ '/index.html': html('<p>one</p>', head) })
    const { page } = await openPage(context, site.url)
    await site.update({ '/index.html': html('<p>two</p>', head) })
    await until(async () => (await page.textContent('p')) === 'two')
    expect(await isSame(page)).toBe(true)
  })

  test('is loaded anew when it is XML', { tags: 'long' }, async () => {
    const xhtml = (text: string): string =>
      `<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>X</title></head><body><p>${text}</p></body></html>`
    const site = await liveSite({ '/page.xhtml': xhtml('one') })
    const page = await context.newPage()
    await page.goto(`${site.url}/page.xhtml`)
    await until(() => site.viewers === 1)
    await site.update({ '/page.xhtml': xhtml('two') })
    await until(async () => (await textOf(page, 'p')) === 'two')
  })
})

describe.skipIf(!hasBrowser)('a page that comes or goes', () => {
  test('gives way to the page that says so, and comes back in place of it', async () => {
    const site = await liveSite({
      '/index.html': html('<p>home</p>'),
      '/a.html': html('<p>here</p>'),
      '/404.html': html('<p>not here</p>')
    })
    const { page } = await openPage(context, `${site.url}/a.html`)
    await site.update({ '/a.html': null })
    await until(async () => (await textOf(page, 'p')) === 'not here')
    await site.update({ '/404.html': html('<p>gone</p>') })
    await until(async () => (await textOf(page, 'p')) === 'gone')
    await site.update({ '/a.html': html('<p>back</p>') })
    await until(async () => (await textOf(page, 'p')) === 'back')
    expect(await isSame(page)).toBe(true)
  })

  test('is shown where there was nothing, not even a page that says so', { tags: 'long' }, async () => {
    const site = await liveSite({ '/index.html': html('<p>home</p>') })
    const { page } = await openPage(context, `${site.url}/new/`)
    await site.update({ '/new/index.html': html('<p>new</p>') })
    await until(async () => (await textOf(page, 'p')) === 'new')
    await site.update({ '/new/index.html': null })
    await until(async () => /no such page/.test(await textOf(page, 'p')))
  })

  test('is followed to where a redirect leads', { tags: 'long' }, async () => {
    const site = await liveSite({ '/old.html': html('<p>old</p>'), '/new.html': html('<p>new</p>') })
    const { page } = await openPage(context, `${site.url}/old.html`)
    await site.update({ '/old.html': null, '/_redirects': '/old.html /new.html 302\n' })
    await until(async () => (await textOf(page, 'p')) === 'new')
    expect(page.url()).toBe(`${site.url}/new.html`)
  })
})

/** A sound file. */
function silence(seconds: number): Buffer {
  const samples = Buffer.alloc(8_000 * seconds, 128)
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
