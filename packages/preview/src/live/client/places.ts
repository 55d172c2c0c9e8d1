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
    if (origin !== location.origin) return []
    const path = decodeURIComponent(pathname)
    return path.endsWith('/')
      ? [`${path}index.html`, `${path}index.htm`]
      : [path, `${path}.html`, `${path}/index.html`, `${path}/index.htm`]
  } catch {
    return []
  }
}
