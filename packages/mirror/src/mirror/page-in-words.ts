import { createHash } from 'node:crypto'
import { escapeHtml } from './escape-html.js'
import { ownAnswer, type ReadyAnswer } from './own-page.js'

/** What a server says to a reader in the place of a page. */
export interface Words {
  status: number
  /** The title of the page, and its heading. */
  title: string
  /** One to four sentences. They are the whole answer for those who do not accept HTML. */
  text: string
  /** The one way on. */
  way?: Way | null
  headers?: Record<string, string>
}

export interface Way {
  /** An address, absolute or relative. */
  href: string
  label: string
}

// The colours have a contrast of 7 and more on both backgrounds.
const STYLE = `:root{color-scheme:light dark}
body{margin:0;padding:18vh 1.25rem 2rem;background:#fbfaf8;color:#1d2124;font:1.1rem/1.55 system-ui,sans-serif}
main{max-width:34rem;margin:0 auto;overflow-wrap:anywhere}
h1{margin:0 0 .6rem;font-size:1.6rem;line-height:1.25}
p{margin:0 0 1rem}
ul{margin:0;padding:0;list-style:none}
li{margin:.4rem 0}
a{display:inline-block;min-height:24px;color:#17624f}
@media (prefers-color-scheme:dark){body{background:#15171a;color:#e6e4df}a{color:#58c4a5}}`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** For `plainPage`: it loads and runs nothing, and no text in it can make it do so. */
export const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`

/** Makes an answer in two forms: a page for browsers, and a line of text for other clients. No cache keeps either. */
export function inWords(words: Words): ReadyAnswer {
  const { status, text, way, headers = {} } = words
  const isWhole = way?.href.startsWith('http') === true
  const named = { ...headers, vary: 'accept', 'cache-control': 'no-store' }
  return {
    ...ownAnswer(status, `${text}${isWhole ? ` ${way.label}: ${way.href}` : ''}\n`, named),
    html: ownAnswer(
      status,
      pageInWords(words),
      { ...named, 'content-security-policy': POLICY },
      'text/html; charset=utf-8'
    )
  }
}

/** @param head further elements for the head of the page, as HTML */
export function pageInWords({ title, text, way }: Pick<Words, 'title' | 'text' | 'way'>, head = ''): string {
  const link = way ? `\n<p><a href="${escapeHtml(way.href)}">${escapeHtml(way.label)}</a></p>` : ''
  // What the heading says is not said again.
  const rest = text.startsWith(`${title}.`) ? text.slice(title.length + 1).trim() : text
  return plainPage(title, `${rest === '' ? '' : `<p>${escapeHtml(rest)}</p>`}${link}`, head)
}

/** A page in the look of all of these. @param content @param head HTML */
export function plainPage(title: string, content: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>${head}<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`
}
