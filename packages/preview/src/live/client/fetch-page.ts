import { AT, ROOT } from './places.js'

/** A page as the server shows it now, parsed by the browser; nothing in it runs or loads. */
export interface Fetched {
  /** null when there is nothing to be shown in the place of this page but by loading it. */
  page: Document | null
  /** Which update it shows. */
  id: string | null
  /** The file that it is; empty if it is none. */
  path: string
}

/** What a page cannot take over while it is shown: what has run, and what decides how everything else is read. */
const FIXED = 'script:not([type="application/ld+json"]),base,meta[http-equiv],template[shadowrootmode]'

/** Fetches the page at this address; null when the server does not answer. */
export function fetchPage(): Promise<Fetched | null> {
  return new Promise((resolve) => {
    // Not `fetch` and `DOMParser`: that is closed to pages that require trusted types.
    const request = new XMLHttpRequest()
    request.open('GET', `${ROOT}page?at=${encodeURIComponent(AT)}`)
    request.responseType = 'document'
    request.onloadend = () => {
      const header = (name: string): string | null => request.getResponseHeader(`sitedrive-${name}`)
      const page = header('redirect') ? null : (request.response as Document | null)
      resolve(
        request.status
          ? { page: isHtml(page) ? page : null, id: header('update'), path: decodeURI(header('path') ?? '') }
          : null
      )
    }
    request.send()
  })
}

/** Whether one page can become the other without being loaded. */
export function canMorph(base: Document, next: Document): boolean {
  return isHtml(document) && fixed(base) === fixed(next)
}

/** XML has other rules, and a morph knows those of HTML only. */
function isHtml(page: Document | null): boolean {
  return page?.contentType === 'text/html'
}

function fixed(page: Document): string {
  const { doctype } = page
  return [
    page.compatMode,
    doctype?.publicId,
    doctype?.systemId,
    ...Array.from(page.querySelectorAll(FIXED), (element) => element.outerHTML)
  ].join('\n')
}
