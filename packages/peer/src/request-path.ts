/** A request target that names a place in a drive. */
export interface RequestPath {
  /** Decoded, starting with `/`, without `.` and `..`; it may have empty segments and end with `/`. */
  path: string
  /** As sent, with its `?`; empty when there is none. */
  query: string
}

/**
 * Reads the target of a request line.
 *
 * @returns null when it can name no file: malformed percent-encoding, a NUL, a backslash (Hyperdrive would make it a
 * slash), or a `.` or `..` segment, which browsers resolve before they send it
 */
export function readRequestPath(target: string): RequestPath | null {
  const at = target.indexOf('?')
  const encoded = at === -1 ? target : target.slice(0, at)
  const query = at === -1 ? '' : target.slice(at)
  if (!encoded.startsWith('/')) return null
  const path = decode(encoded)
  if (path === null || /[\0\\]/.test(path)) return null
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return null
  return { path, query }
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
