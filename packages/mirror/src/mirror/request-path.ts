/**
 * Reads the path of a request target, without its query.
 *
 * @returns decoded, starting with `/`; it may have empty segments and end with `/`. null when it can name no file:
 * malformed percent-encoding, a NUL, a backslash (Hyperdrive would make it a slash), or a `.` or `..` segment, which
 * browsers resolve before they send it
 */
export function readRequestPath(encoded: string): string | null {
  if (!encoded.startsWith('/')) return null
  const path = decode(encoded)
  if (path === null || /[\0\\]/.test(path)) return null
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return null
  return path
}

/** A path as it stands in a URL or a header, with no character that would end it. */
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
