/** What the placeholders and the splat of a pattern stood for. */
export type Captures = Record<string, string>

/**
 * What a pattern captures of a decoded path; null when it does not match. Takes time that grows with the path and not with
 * what is in the pattern.
 */
export type PathPattern = (path: string) => Captures | null

/** Placeholders of one pattern, and its asterisks, are at most so many, each. */
export const MAX_PLACEHOLDERS = 20

/**
 * A pattern of `_redirects`: whole segments may be `:placeholder`, and the last may be `*`, which stands for any rest
 * of the path, an empty one included, and is captured as `splat`: `/news/*` means `/news/` and `/news` too.
 *
 * @param text decoded, starting with `/`
 * @returns instead of a pattern `path` when an asterisk stands elsewhere, `placeholder-count` when there are too many
 */
export function segmentPattern(text: string): PathPattern | 'path' | 'placeholder-count' {
  const segments = text.split('/')
  const hasSplat = segments.at(-1) === '*'
  if (hasSplat) segments.pop()
  if (segments.some((segment) => segment.includes('*'))) return 'path'
  const names = segments.map(placeholderOf)
  if (names.filter((name) => name !== null).length > MAX_PLACEHOLDERS) return 'placeholder-count'
  return (path) => {
    const captures: Captures = Object.create(null) as Captures
    let at = 0
    for (let i = 0; i < segments.length; i++) {
      const slash = path.indexOf('/', at)
      const isLast = i === segments.length - 1
      if (isLast ? slash !== -1 && !hasSplat : slash === -1) return null
      const end = slash === -1 ? path.length : slash
      const part = path.slice(at, end)
      const name = names[i]
      if (typeof name === 'string') {
        if (part === '') return null
        captures[name] = part
      } else if (part !== segments[i]) return null
      at = end + 1
    }
    if (hasSplat) captures['splat'] = path.slice(at)
    return captures
  }
}

/**
 * A pattern of `_headers`: either with `:placeholders` for whole segments and `*` at the end, or with `*` anywhere, each
 * standing for any characters, slashes included. A slash at its end says nothing, as in Netlify's parser: a page may be asked for
 * as `/about` or as `/about/`, and its security policy is for both.
 *
 * @returns null when it is none of these
 */
export function headerPattern(text: string): ((path: string) => boolean) | null {
  const matches = exactPattern(text)
  return matches && ((path) => matches(path) || matches(withOtherEnd(path)))
}

/** The same path with a slash at its end, or without it. */
function withOtherEnd(path: string): string {
  if (path === '/') return path
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

function exactPattern(text: string): ((path: string) => boolean) | null {
  if (text.split('/').some((segment) => placeholderOf(segment) !== null)) {
    const pattern = segmentPattern(text)
    return typeof pattern === 'string' ? null : (path) => pattern(path) !== null
  }
  const [head = '', ...rest] = text.split('*')
  const tail = rest.pop()
  if (tail === undefined) return (path) => path === text
  if (rest.length > MAX_PLACEHOLDERS) return null
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
