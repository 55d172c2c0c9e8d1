import { parsePreviewLink } from '../identity/preview-link.js'

const LINK = /^hyper:\/\/[a-z0-9]{52}\/?#[a-z0-9]{56}(?![a-z0-9])/i

/** The preview link at the beginning of a text; null: there is none, or its check characters are wrong. */
export function previewLinkAt(text: string): string | null {
  const link = LINK.exec(text)?.[0]?.toLowerCase()
  if (link === undefined) return null
  try {
    parsePreviewLink(link)
    return link
  } catch {
    return null
  }
}
