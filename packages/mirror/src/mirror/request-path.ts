/**
 * Decodes the path of a request target. The target has no query.
 *
 * @returns a path that starts with `/`; it may have empty segments and end with `/`. null when no file can have it:
 * malformed percent-encoding, a NUL, a backslash (Hyperdrive would change it into a slash), or a `.` or `..` segment
 * (browsers resolve those before they send a request)
 */
export function readRequestPath(encoded: string): string | null {
  if (!encoded.startsWith('/')) return null
  const path = decode(encoded)
  if (path === null || /[\0\\]/.test(path)) return null
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return null
  return path
}

/** Encodes a path for a URL or a header. */
export function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent)
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
