import { filesAt } from './places.js'

/** Elements that show an image. `<video src>` and `<audio>` are left out: they may be playing. */
const SHOWING = 'img,picture>source,video,input,image,link[rel~=icon]'
const NAMES = ['src', 'srcset', 'poster', 'href']
const PARTS_OF_SRCSET = /[^\s,](\S*[^\s,])?/g

/** The maximum time until an old stylesheet is removed: a disabled new one fires no `load` event. Milliseconds. */
const MAX_SWAP_MS = 3_000

/** Requests that are not the page's own: those of this client, and the icon of the tab. */
const UNASKED = /\/\.well-known\/sitedrive\/|\/favicon\.ico$/

/** The files that a window has loaded from this site, without those of its frames. */
export function loadedBy(window: Window): Set<string> {
  const entries = window.performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  return new Set(
    entries.flatMap(({ name, initiatorType }) =>
      /frame/.test(initiatorType) || UNASKED.test(name) ? [] : filesAt(name)
    )
  )
}

/**
 * Passes the addresses of the images and stylesheets in this page to `renew`, and replaces those that it changes.
 *
 * @param renew returns the new address, or the same one
 */
export function eachShown(renew: (url: string) => string): Promise<unknown> {
  for (const element of document.querySelectorAll(SHOWING)) {
    for (const name of NAMES) {
      const value = element.getAttribute(name)
      if (!value || (name === 'src' && element.matches('video'))) continue
      const renewed = name === 'srcset' ? value.replace(PARTS_OF_SRCSET, (part) => renew(part)) : renew(value)
      if (renewed !== value) element.setAttribute(name, renewed)
    }
  }
  const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel~=stylesheet][href]')]
  return Promise.all(
    links.flatMap((link) => {
      const renewed = renew(link.href)
      return renewed === link.href ? [] : swap(link, renewed)
    })
  )
}

/** Whether a stylesheet uses a file. Such a file has no element of its own that could be refreshed. */
export function isStyled(file: string): boolean {
  const name = file.split('/').at(-1)!
  return [...document.styleSheets].some((sheet) => {
    try {
      return [...sheet.cssRules].some((rule) => rule.cssText.includes(name))
    } catch {
      return false // a stylesheet of another origin cannot be read
    }
  })
}

/** An address that means the same to the server and is not in the browser's cache. */
export function fresh(url: string, id: string): string {
  const renewed = new URL(url, document.baseURI)
  renewed.searchParams.set('sitedrive', id)
  return renewed.href
}

/** Replaces a stylesheet. The old one stays until the new one is loaded, so that the page is never without style. */
export function swap(link: HTMLLinkElement, href: string): Promise<void> {
  return new Promise((resolve) => {
    const next = link.cloneNode() as HTMLLinkElement
    const done = (): void => {
      // guard: an exchanged stylesheet is not kept
      // A handler that stayed would keep the old element, and through its handler each one before it.
      next.onload = next.onerror = null
      link.remove()
      resolve()
    }
    next.href = href
    next.onload = next.onerror = done
    setTimeout(done, MAX_SWAP_MS)
    link.after(next)
  })
}
