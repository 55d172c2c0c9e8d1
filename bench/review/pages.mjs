// A generated site of pages as a blog has them: a head, a menu, prose with headings, and links to other pages.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const WORDS =
  'the harbour lies still in the morning and boats go out with the tide while gulls argue about nothing in particular'.split(
    ' '
  )

export function generatePages(dir, count, pageBytes = 8000) {
  for (let n = 0; n < count; n++) writePage(dir, n, count, pageBytes)
  mkdirSync(path.join(dir, 'css'), { recursive: true })
  writeFileSync(path.join(dir, 'css/site.css'), 'body { font: 1em serif }')
  writeFileSync(path.join(dir, 'index.html'), page(0, count, pageBytes))
}

export function writePage(dir, n, count, pageBytes = 8000, word = '') {
  const folder = path.join(dir, `section-${n % 10}`, `page-${n}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'index.html'), page(n, count, pageBytes, word))
}

function page(n, count, bytes, word = '') {
  const address = (m) => `/section-${m % 10}/page-${m % count}/`
  let html =
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Page ${n}</title>\n` +
    `<meta name="description" content="About ${n}"><link rel="stylesheet" href="/css/site.css"></head>\n` +
    `<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="${address(1)}">One</a></li></ul></nav></header><main><p>${word}\n`
  for (let part = 0; html.length < bytes - 100; part++) {
    const text = Array.from(
      { length: 60 },
      (_, at) => WORDS[(n * 7 + part * 13 + at * 5) % WORDS.length]
    ).join(' ')
    const link = `<a href="${address((n + part * 17) % count)}#part-0">and on</a>`
    html += `<h2 id="part-${part}">Part ${part}</h2>\n<p class="text">${text} ${link} <em>so</em> on &amp; on.</p>\n`
  }
  return `${html}</main><footer><p>The end.</p></footer></body></html>\n`
}
