import { filesAt } from './places.js'

/** Those who show an image. What is in `<video src>` and `<audio>` is played, and cannot be exchanged meanwhile. */
const SHOWING = 'img,picture>source,video,input,image,link[rel~=icon]'
const NAMES = ['src', 'srcset', 'poster', 'href']
const PARTS_OF_SRCSET = /[^\s,](\S*[^\s,])?/g

/** How long an old stylesheet waits for its successor: one that is disabled never says that it is there. Milliseconds. */
const PATIENCE_MS = 3_000

/** What a browser asks for without the page: for this client, and for the picture on its tab. */
const UNASKED = /\/\.well-known\/sitedrive\/|\/favicon\.ico$/

/** Everything that a window has loaded from this site; pages in frames are for themselves. */
export function loadedBy(window: Window): Set<string> {
  const entries = window.performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  return new Set(
    entries.flatMap(({ name, initiatorType }) =>
      /frame/.test(initiatorType) || UNASKED.test(name) ? [] : filesAt(name)
    )
  )
}

/**
 * Goes through the addresses of the images and stylesheets that this page shows by itself.
 *
 * @param renew hands back the address that is to be there instead, or the same
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

/** Whether a stylesheet shows a file, which has then no element of its own to be refreshed in. */
export function isStyled(file: string): boolean {
  const name = file.split('/').at(-1)!
  return [...document.styleSheets].some((sheet) => {
    try {
      return [...sheet.cssRules].some((rule) => rule.cssText.includes(name))
    } catch {
      return false // from elsewhere, and not to be read
    }
  })
}

/** The same address for the server, and one that nothing in the browser has cached. */
export function fresh(url: string, id: string): string {
  const renewed = new URL(url, document.baseURI)
  renewed.searchParams.set('sitedrive', id)
  return renewed.href
}

/** Puts another stylesheet in the place of one, which stays until the other is there: the page is never seen without. */
export function swap(link: HTMLLinkElement, href: string): Promise<void> {
  return new Promise((resolve) => {
    const next = link.cloneNode() as HTMLLinkElement
    const done = (): void => {
      link.remove()
      resolve()
    }
    next.href = href
    next.onload = next.onerror = done
    setTimeout(done, PATIENCE_MS)
    link.after(next)
  })
}
