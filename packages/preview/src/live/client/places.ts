/** Where the preview's own addresses are. It is absolute: a page's `<base href>` has no say in it. */
export const ROOT = `${location.origin}/.well-known/sitedrive/`

/** The page's address when it was loaded. Its own scripts may show another one since. */
export const AT = here()

/** What the server is asked for when this page is. */
export function here(): string {
  return location.pathname + location.search
}

/** The files of the site that can stand behind a URL; none when it is on another origin, or no URL. */
export function filesAt(url: string): string[] {
  try {
    const { origin, pathname } = new URL(url, document.baseURI)
    if (origin !== location.origin) return []
    const path = decodeURIComponent(pathname)
    return path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`]
  } catch {
    return []
  }
}
