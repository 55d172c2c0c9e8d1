/** The base of the preview's own addresses. It is absolute, so that a page's `<base href>` does not change it. */
export const ROOT = `${location.origin}/.well-known/sitedrive/`

/** The address of this page when it was loaded. Its scripts may have changed the shown address since. */
export const AT = here()

/** The present path and query of this page. */
export function here(): string {
  return location.pathname + location.search
}

/** The files of the site that a URL can show; none when it is of another origin, or no URL. */
export function filesAt(url: string): string[] {
  try {
    const { origin, pathname } = new URL(url, document.baseURI)
    if (origin === location.origin) {
      // As mirrors read it: a `%` that begins no byte is one of the name.
      const path = decodeURIComponent(pathname.replace(/%(?![\da-f]{2})/gi, '%25'))
      const folder = path.replace(/\/?$/, '/')
      return [path, `${path}.html`, `${folder}index.html`, `${folder}index.htm`]
    }
  } catch {
    // it is no address
  }
  return []
}
