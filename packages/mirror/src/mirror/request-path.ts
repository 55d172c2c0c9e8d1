import { decodeAddress } from '@sitedrive/core/rules'

/**
 * Decodes the path of a request target. The target has no query.
 *
 * @returns a path that starts with `/`; it may have empty segments and end with `/`. null when no file can have it:
 * bytes that are no text, a NUL, a backslash (Hyperdrive would change it into a slash), or a `.` or `..` segment
 * (browsers resolve those before they send a request)
 */
export function readRequestPath(encoded: string): string | null {
  if (!encoded.startsWith('/')) return null
  const path = decodeAddress(encoded)
  if (path === null || /[\0\\]/.test(path)) return null
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return null
  return path
}

/** Encodes a path for a URL or a header. */
export function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent)
}
