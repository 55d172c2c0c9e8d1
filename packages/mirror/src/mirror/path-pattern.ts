/** The values of the placeholders and the splat of a pattern. */
export type Captures = Record<string, string>

/** Matches a path, in time that depends on the length of the path only. @returns null when it does not match */
export type PathPattern = (path: string) => Captures | null

/** One pattern has at most so many placeholders, and at most so many splats. */
const MAX_PARTS = 20

/**
 * A pattern of `_redirects`: whole segments may be `:placeholder`. The last segment may be `*`, which matches any rest of
 * the path, also an empty one, and is captured as `splat`. `/news/*` does not match `/news`.
 *
 * @param text decoded, starting with `/`
 * @returns null when an asterisk stands elsewhere or there are too many placeholders
 */
export function segmentPattern(text: string): PathPattern | null {
  const segments = text.split('/')
  const hasSplat = segments.at(-1) === '*'
  if (hasSplat) segments.pop()
  if (segments.some((segment) => segment.includes('*'))) return null
  const names = segments.map(placeholderOf)
  if (names.filter((name) => name !== null).length > MAX_PARTS) return null
  return (path) => {
    const captures: Captures = Object.create(null) as Captures
    let at = 0
    for (let i = 0; i < segments.length; i++) {
      const slash = path.indexOf('/', at)
      const isLast = i === segments.length - 1 && !hasSplat
      if (isLast ? slash !== -1 : slash === -1) return null
      const part = path.slice(at, isLast ? undefined : slash)
      const name = names[i]
      if (typeof name === 'string') {
        if (part === '') return null
        captures[name] = part
      } else if (part !== segments[i]) return null
      at = slash + 1
    }
    if (hasSplat) captures['splat'] = path.slice(at)
    return captures
  }
}

/**
 * A pattern of `_headers`: either with `:placeholders` for whole segments and `*` at the end, or with `*` anywhere, each
 * of which matches any characters, also slashes.
 *
 * @returns null for any other text
 */
export function headerPattern(text: string): ((path: string) => boolean) | null {
  if (text.split('/').some((segment) => placeholderOf(segment) !== null)) {
    const pattern = segmentPattern(text)
    return pattern && ((path) => pattern(path) !== null)
  }
  const [head = '', ...rest] = text.split('*')
  const tail = rest.pop()
  if (tail === undefined) return (path) => path === text
  if (rest.length > MAX_PARTS) return null
  return (path) => {
    if (path.length < head.length + tail.length || !path.startsWith(head) || !path.endsWith(tail))
      return false
    const end = path.length - tail.length
    let at = head.length
    for (const part of rest) {
      const found = path.indexOf(part, at)
      if (found === -1 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}

/** The name of a segment that is a placeholder, or null. */
function placeholderOf(segment: string): string | null {
  return /^:[A-Za-z]\w*$/.test(segment) ? segment.slice(1) : null
}
