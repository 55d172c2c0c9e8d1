import { AT, ROOT } from './places.js'

/** The newest page of this address, parsed by the browser; nothing in it runs or loads. */
export interface Fetched {
  /** null: the present page must be reloaded, since the answer is no HTML page or a redirect. */
  page: Document | null
  /** The id of the update that it shows. */
  id: string | null
  /** Its path in the drive; empty when no file of the site is at this address. */
  path: string
}

/** Elements that cannot change while a page is shown: scripts have run, and the others decide how the rest is read. */
const FIXED = 'script:not([type="application/ld+json"]),base,meta[http-equiv],template[shadowrootmode]'

/** Fetches the page at this address; null when the server does not answer. */
export function fetchPage(): Promise<Fetched | null> {
  return new Promise((resolve) => {
    // Not `fetch` with `DOMParser`: pages that require trusted types forbid that.
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

/** Whether one page can be changed into the other without a reload. */
export function canMorph(base: Document, next: Document): boolean {
  return isHtml(document) && fixed(base) === fixed(next)
}

/** A morph knows the rules of HTML only, not those of XML. */
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
