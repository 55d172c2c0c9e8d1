import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** How often each kind of edit comes. */
const KINDS = { text: 6, style: 4, page: 3, add: 2, remove: 2 }
/** Edits that are remembered for the message of a failure. */
const LOGGED = 20
const FEWEST_PAGES = 10
const MOST_PAGES = 40

/** A site in a folder that is edited all the time. Each edit has a number, and the site shows it. */
export class EditedSite {
  /** The number of the last edit. */
  edits = 0
  /** The number that the first page shows. */
  text = 0
  /** The number that the style sheet sets. */
  style = 0
  /** The number that each other page shows, by its name. */
  pages = new Map()
  /** Pages that are no more. */
  removed = new Set()
  /** The last edits, a line each. */
  log = []
  /** The page that was written or removed last. */
  #last = ''
  #dir
  #random

  /** @param {string} dir an empty folder */
  constructor(dir, random) {
    this.#dir = dir
    this.#random = random
    mkdirSync(path.join(dir, 'pages'), { recursive: true })
    for (let number = 0; number < 2 * FEWEST_PAGES; number++) this.#writePage(`first-${number}`)
    this.#writeStyle()
    this.#writeIndex()
  }

  /** Makes one edit. @returns {{ number: number, kind: string, writtenAt: number }} `writtenAt` on the clock of `now` */
  edit() {
    const number = ++this.edits
    const kind = this.#kind()
    if (kind === 'style') this.#writeStyle()
    else if (kind === 'page') this.#writePage(this.#random.pick([...this.pages.keys()]))
    else {
      if (kind === 'add') this.#writePage(`page-${number}`)
      if (kind === 'remove') this.#removePage()
      this.#writeIndex()
    }
    this.log = [...this.log.slice(-LOGGED), `edit ${number}: ${kind} ${this.#last}`]
    return { number, kind, writtenAt: now() }
  }

  #kind() {
    const kind = this.#random.pickByWeight(KINDS)
    if (kind === 'remove' && this.pages.size <= FEWEST_PAGES) return 'add'
    if (kind === 'add' && this.pages.size >= MOST_PAGES) return 'remove'
    return kind
  }

  #writePage(name) {
    this.#last = name
    this.pages.set(name, this.edits)
    this.#write(`pages/${name}.html`, `<h1>${name}</h1><p id="edit">${this.edits}</p>${filler(name)}`)
  }

  #removePage() {
    const name = this.#random.pick([...this.pages.keys()])
    this.#last = name
    this.pages.delete(name)
    this.removed.add(name)
    rmSync(path.join(this.#dir, 'pages', `${name}.html`))
  }

  #writeStyle() {
    this.style = this.edits
    writeFileSync(
      path.join(this.#dir, 'style.css'),
      `:root { --edit: ${this.style} }\nh1 { color: hsl(${this.style % 360} 60% 40%) }\n`
    )
  }

  #writeIndex() {
    this.text = this.edits
    const links = [...this.pages.keys()].map((name) => `<li><a href="pages/${name}.html">${name}</a></li>`)
    const body = `<h1>Site</h1><p id="edit">${this.text}</p><ul id="pages">${links.join('\n')}</ul>${filler('index')}`
    this.#write('index.html', body)
  }

  #write(name, body) {
    const style = name.includes('/') ? '../style.css' : 'style.css'
    writeFileSync(
      path.join(this.#dir, name),
      `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${name}</title>` +
        `<link rel="icon" href="data:,"><link rel="stylesheet" href="${style}"></head>\n<body>${body}</body></html>\n`
    )
  }
}

/** Milliseconds since 1970 with fractions: the same clock in a page. */
export function now() {
  return performance.timeOrigin + performance.now()
}

function filler(name) {
  return `<p>Paragraph of ${name}. ${'Words that stand for words. '.repeat(18)}</p>\n`.repeat(20)
}
