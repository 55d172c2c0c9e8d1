import type { Status } from './stream.js'

/** A build that takes longer than this is shown as running. Milliseconds. */
const SLOW_MS = 300
const MINUTE_MS = 60_000

// Canvas and CanvasText are system colours, so light and dark need few rules of their own.
const STYLE = `:host{all:initial;color-scheme:light dark;font:16px/1.5 system-ui}
div,section,p{position:fixed;z-index:2147483647;background:Canvas;color:CanvasText;overflow:auto;overflow-wrap:anywhere;box-sizing:border-box}
div,section{inset:0;padding:max(16px,5vmin);border-top:8px solid #d22}
section{top:auto;max-height:45vh;padding:12px 16px;box-shadow:0 0 24px #0006}
h2{margin:0;font-size:1.3em}
section h2{font-size:1em}
code,pre{font:1em/1.5 ui-monospace,monospace}
pre{white-space:pre-wrap;margin:12px 0}
section pre{margin:4px 0 0}
pre+pre{white-space:pre;overflow:auto;padding:12px;border:1px solid #8888}
mark{background:#d22;color:#fff}
button{float:right;margin:0 0 8px 16px;font:inherit;padding:8px 16px}
p{inset:auto auto 8px 8px;margin:0;padding:2px 10px;border:1px solid;border-radius:9px;font-size:13px}`

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
  const { failure, author, isAuthor } = status!
  root.replaceChildren()
  if (failure && failure.message !== dismissed) {
    // Over the page for who can mend it; below it for those who only look.
    const panel = add(root, isAuthor ? 'div' : 'section', '')
    panel.role = isAuthor ? 'alert' : 'status'
    add(panel, 'button', 'Close (Esc)').onclick = dismiss
    add(panel, 'h2', isAuthor ? 'The build failed' : 'The author’s build failed. This is the last good one.')
    const place = [failure.file, failure.line, failure.column].filter(Boolean).join(':')
    if (failure.file) add(panel, 'code', place)
    add(panel, 'pre', failure.message)
    if (failure.source) addSource(panel, failure.source, failure.line!)
  }
  if (isSlow) add(root, 'p', 'Building …')
  else if (!author.online) add(root, 'p', `Author offline${lastUpdate(author.updatedAt)}`)
  if (root.firstChild) document.documentElement.append(host)
  else host.remove()
}

/** The lines around the fault, with their numbers; the place is marked. */
function addSource(
  panel: Node,
  { first, lines, column }: NonNullable<NonNullable<Status['failure']>['source']>,
  marked: number
): void {
  const pre = add(panel, 'pre', '')
  pre.tabIndex = 0
  const width = String(first + lines.length - 1).length
  lines.forEach((line, index) => {
    const number = first + index
    const isMarked = number === marked
    pre.append(`${isMarked ? '>' : ' '} ${String(number).padStart(width)} | `)
    if (!isMarked) pre.append(`${line}\n`)
    else {
      const at = column ? column - 1 : 0
      pre.append(line.slice(0, at))
      add(pre, 'mark', (column ? line.slice(at, at + 1) : line) || ' ')
      pre.append(`${column ? line.slice(at + 1) : ''}\n`)
    }
  })
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
