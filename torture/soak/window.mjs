import { MB, percentile } from '../support/measure.mjs'
import { FLAT } from './samples.mjs'

/** What a page may hold more at the end, for the site has more pages at one time than at another. */
const MORE = { heap: MB, nodes: 200 }

/** One browser window with the first page of a preview open. */
export class Window {
  /** When each number was first shown, by `text 7` or `style 8`; milliseconds since 1970. */
  #shownAt = new Map()
  #loads = 0
  #problems = []
  #held = []
  #page
  #devtools

  /** @param {import('playwright-core').Browser} browser @param {string} name whose machine it is */
  static async open(browser, name, url) {
    const opened = new Window()
    opened.name = name
    const page = await browser.newPage()
    opened.#page = page
    page.on('load', () => opened.#loads++)
    page.on('pageerror', ({ message }) => opened.#problems.push(message))
    await page.exposeFunction('noteShown', (what, at) => {
      if (!opened.#shownAt.has(what)) opened.#shownAt.set(what, at)
    })
    await page.addInitScript(noteWhatIsShown)
    await page.goto(url)
    opened.#devtools = await page.context().newCDPSession(page)
    await opened.#devtools.send('Performance.enable')
    return opened
  }

  /** @returns {Promise<{ text: number, style: number, pages: string[] } | null>} what it shows; null: it loads */
  look() {
    return this.#page
      .evaluate(() => ({
        text: Number(document.getElementById('edit').textContent),
        style: Number(getComputedStyle(document.documentElement).getPropertyValue('--edit')),
        pages: [...document.querySelectorAll('#pages a')].map((link) => link.textContent)
      }))
      .catch(() => null)
  }

  /** Counts the bytes and the DOM nodes that the page still holds. */
  async measure() {
    await this.#devtools.send('HeapProfiler.collectGarbage')
    const { metrics } = await this.#devtools.send('Performance.getMetrics')
    const valueOf = (wanted) => metrics.find(({ name }) => name === wanted).value
    this.#held.push({ heap: valueOf('JSHeapUsedSize'), nodes: valueOf('Nodes') })
  }

  violations() {
    const [before, after] = [this.#held[0], this.#held.at(-1)]
    const grown = Object.entries(MORE).filter(([what, more]) => after[what] > FLAT * before[what] + more)
    return [
      ...grown.map(([what]) => `${what} of the window of ${this.name}: ${before[what]}, then ${after[what]}`),
      ...this.#problems.slice(0, 1).map((problem) => `an error in the window of ${this.name}: ${problem}`)
    ]
  }

  /** @param {{ what: string, writtenAt: number }[]} edits that it could show @returns {[string, string | number][]} */
  facts(edits) {
    const delays = edits.flatMap(({ what, writtenAt }) =>
      this.#shownAt.has(what) ? [this.#shownAt.get(what) - writtenAt] : []
    )
    const held = (what, per) => this.#held.map((each) => Math.round(each[what] / per)).join(' to ')
    return [
      ['from an edit to the screen, p50, ms', Math.round(percentile(delays, 0.5))],
      ['from an edit to the screen, p95, ms', Math.round(percentile(delays, 0.95))],
      ['edits that were not shown, for a newer one came first', edits.length - delays.length],
      ['loads of the page', this.#loads],
      ['heap of the page after the warm-up and at the end, kB', held('heap', 1_000)],
      ['its DOM nodes', held('nodes', 1)]
    ]
  }

  close() {
    return this.#page.close()
  }
}

/** Runs in the page. */
function noteWhatIsShown() {
  const LOOK_MS = 20
  let last = ''
  const look = () => {
    const text = document.getElementById('edit')?.textContent
    const style = getComputedStyle(document.documentElement).getPropertyValue('--edit').trim()
    if (!text || !style || `${text} ${style}` === last) return
    last = `${text} ${style}`
    const at = performance.timeOrigin + performance.now()
    window.noteShown(`text ${text}`, at)
    window.noteShown(`style ${style}`, at)
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
  // A style sheet that was fetched changes no node.
  setInterval(look, LOOK_MS)
}
