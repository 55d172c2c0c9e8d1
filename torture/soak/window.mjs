/** One browser window with the first page of a preview open. */
export class Window {
  /** When each number was first shown, by `text 7` or `style 8`; milliseconds since 1970. */
  shownAt = new Map()
  loads = 0
  problems = []
  #page

  /** @param {import('playwright-core').Browser} browser */
  static async open(browser, name, url) {
    const opened = new Window()
    opened.name = name
    opened.url = url
    const page = await browser.newPage()
    opened.#page = page
    page.on('load', () => opened.loads++)
    page.on('pageerror', ({ message }) => opened.problems.push(message))
    await page.exposeFunction('noteShown', (what, at) => {
      if (!opened.shownAt.has(what)) opened.shownAt.set(what, at)
    })
    await page.addInitScript(noteWhatIsShown)
    await page.goto(url)
    return opened
  }

  /** @returns {Promise<{ text: number, style: number, pages: string[] }>} what is in the window now */
  look() {
    return this.#page.evaluate(() => ({
      text: Number(document.getElementById('edit')?.textContent ?? NaN),
      style: Number(getComputedStyle(document.documentElement).getPropertyValue('--edit')),
      pages: [...document.querySelectorAll('#pages a')].map((link) => link.textContent)
    }))
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
