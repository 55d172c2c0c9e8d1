import type { Status } from './stream.js'

/** A build that takes longer than this is shown as running. Milliseconds. */
const SLOW_MS = 300
const MINUTE_MS = 60_000

// Canvas and CanvasText are system colours, so light and dark need no rules of their own.
const STYLE = `:host{all:initial;color-scheme:light dark;font:16px/1.5 system-ui}
div,p{position:fixed;inset:0;z-index:2147483647;background:Canvas;color:CanvasText;overflow:auto;overflow-wrap:anywhere}
div{padding:6vmin;border-top:8px solid #d22}
pre{white-space:pre-wrap;font:16px/1.5 monospace}
b{font-size:1.2em}
button{float:right;font:inherit;padding:8px 16px}
p{inset:auto auto 8px 8px;margin:0;padding:2px 8px;border:1px solid;border-radius:8px;font-size:13px}`

/** Not part of any page: compare and morph leave it out. It is in the document only while it shows something. */
export const host = document.createElement('sitedrive-live')

const root = host.attachShadow({ mode: 'closed' })
// The site's policy may forbid inline styles. A constructed stylesheet is none.
const sheet = new CSSStyleSheet()
sheet.replaceSync(STYLE)
root.adoptedStyleSheets = [sheet]

let status: Status | undefined
let dismissed: string | undefined
let isSlow = false
let slow = 0
let clock = 0

/** Shows the state of the build and of the author. */
export function showStatus(next: Status): void {
  // The same failure after another build is shown again.
  if (next.state === 'failed' && status?.state !== 'failed') dismissed = ''
  status = next
  clearTimeout(slow)
  clearInterval(clock)
  isSlow = false
  if (next.state === 'building') {
    slow = setTimeout(() => {
      isSlow = true
      render()
    }, SLOW_MS)
  }
  if (!next.author.online) clock = setInterval(render, MINUTE_MS)
  render()
}

function render(): void {
  const { failure, author } = status!
  root.replaceChildren()
  if (failure && failure.message !== dismissed) {
    const { file, line, column, message } = failure
    const panel = add(root, 'div', '')
    panel.role = 'alert'
    add(panel, 'button', 'Close').onclick = dismiss
    add(panel, 'b', file ? [file, line, column].filter(Boolean).join(':') : 'The build failed')
    add(panel, 'pre', message)
  }
  if (isSlow) add(root, 'p', 'Building …')
  else if (!author.online) add(root, 'p', `Author offline${lastUpdate(author.updatedAt)}`)
  if (root.firstChild) document.documentElement.append(host)
  else host.remove()
}

function dismiss(): void {
  dismissed = status?.failure?.message
  render()
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && host.isConnected) dismiss()
})

// Always `textContent`: a generator's message may quote HTML.
function add<K extends keyof HTMLElementTagNameMap>(
  parent: Node,
  name: K,
  text: string
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  element.textContent = text
  parent.appendChild(element)
  return element
}

function lastUpdate(at: string | null): string {
  if (!at) return ''
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(at)) / MINUTE_MS))
  const age = minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
  return ` — last update ${age} ago`
}
