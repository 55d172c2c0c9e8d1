import type { Page } from '@sitedrive/testing'

/** The text of the first such element; none while the page is being loaded, or has no such element. */
export function textOf(page: Page, selector: string): Promise<string> {
  const read = `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`
  return page.evaluate<string>(read).catch(() => '')
}
