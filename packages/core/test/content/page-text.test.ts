import { describe, expect, test } from 'vitest'
import { pageText } from '../../src/content/page-text.js'

const text = (html: string) => pageText(Buffer.from(html))

describe('the text of a page', () => {
  test('is what readers see, paragraph by paragraph', () => {
    expect(
      text(`<!doctype html><html><head><title>T</title><style>p{}</style></head><body>
        <h1>One <em>two</em></h1><p>A&nbsp;b &amp; c<br>new line</p>
        <ul><li>first<li>second <a href="/x">link</a></ul><img alt="A boat" src="a.png">`)
    ).toEqual(['One two', 'A\u00a0b & c', 'new line', 'first', 'second link', '[A boat]'])
  })

  test('leaves out scripts, templates and what is hidden', () => {
    expect(
      text('<p>seen</p><script>"x"</script><template><p>t</p></template><div hidden><p>h</p></div>')
    ).toEqual(['seen'])
  })

  test('of what is no text is nothing, and depth does no harm', () => {
    expect(pageText(Buffer.from([0, 1, 2]))).toEqual([])
    expect(text(`${'<div>'.repeat(400)}deep`)).toEqual(['deep'])
    expect(text(`<p>before${'<div>'.repeat(100_000)}too deep`)).toEqual(['before'])
  })
})
