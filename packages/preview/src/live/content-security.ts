import { startTags, type Attribute } from './html-tokens.js'

export interface Allowed {
  policy: string
  /** The script runs only when its tag has the nonce. */
  needsNonce: boolean
}

/** The path of the preview's own addresses. */
const PREFIX = '/.well-known/sitedrive/'

/** Sources that allow everything from this server. */
const WIDE = new Set(["'self'", '*'])

interface Directive {
  name: string
  sources: string[]
}

/**
 * Changes a site's Content-Security-Policy so that the live client may run and connect. The rules for the site's own
 * scripts and connections stay the same.
 *
 * @param policy the value of a `content-security-policy` header; several policies are separated by commas
 * @param origin where the site is shown, such as `http://127.0.0.1:8080`
 * @param nonce a random text that the site cannot predict
 */
export function allowLive(policy: string, origin: string, nonce: string): Allowed {
  let needsNonce = false
  const policies = policy.split(',').map((one) => {
    const directives = one.split(';')
    const script = allowed(directives, ['script-src-elem', 'script-src', 'default-src'], (sources) => {
      // With it, browsers check nonces and hashes only. Inline scripts without one are refused already.
      if (sources.includes("'strict-dynamic'")) {
        needsNonce = true
        return `'nonce-${nonce}'`
      }
      return sources.some((source) => WIDE.has(source)) ? null : origin + PREFIX
    })
    return allowed(script, ['connect-src', 'default-src'], (sources) =>
      sources.some((source) => WIDE.has(source)) ? null : origin + PREFIX
    ).join(';')
  })
  return { policy: policies.join(','), needsNonce }
}

/**
 * Adds a source to the first of these directives that the policy has. When that is `default-src`, it stays the same, and
 * a new, more specific directive gets its sources and the added one.
 *
 * @param source gets the present sources in lower case and returns the one to add; null: none is needed
 */
function allowed(
  directives: string[],
  names: string[],
  source: (sources: string[]) => string | null
): string[] {
  const parsed = directives.map(parse)
  for (const name of names) {
    const at = parsed.findIndex((directive) => directive.name === name)
    if (at < 0) continue
    const { sources } = parsed[at]!
    const added = source(sources.map((each) => each.toLowerCase()))
    if (added === null) return directives
    // 'none' has no effect beside other sources.
    const all = [...sources.filter((each) => each.toLowerCase() !== "'none'"), added].join(' ')
    if (name === 'default-src') return [...directives, ` ${names.at(-2)} ${all}`]
    const space = /^\s*/.exec(directives[at]!)![0]
    return directives.with(at, `${space}${name} ${all}`)
  }
  return directives
}

function parse(directive: string): Directive {
  const [name = '', ...sources] = directive.trim().split(/[\t\n\f\r ]+/)
  return { name: name.toLowerCase(), sources }
}

export interface AllowedPage {
  html: Buffer
  needsNonce: boolean
}

/**
 * Does the same for the policies in `<meta http-equiv>` of a page.
 *
 * @param html the start of a page, or all of it; all other bytes stay the same
 */
export function allowLiveInMeta(html: Buffer, origin: string, nonce: string): AllowedPage {
  const parts: Buffer[] = []
  let done = 0
  let needsNonce = false
  for (const { name, attributes } of startTags(html)) {
    // Browsers ignore policies in the body.
    if (name === 'body') break
    if (name !== 'meta') continue
    const value = (wanted: string): Attribute | undefined => attributes.find((each) => each.name === wanted)
    const kind = value('http-equiv')
    const content = value('content')
    if (!kind || !content || !/^content-security-policy$/i.test(text(html, kind))) continue
    const before = text(html, content)
    const after = allowLive(before, origin, nonce)
    if (after.policy === before) continue
    needsNonce ||= after.needsNonce
    const { start, end, quote } = content
    parts.push(html.subarray(done, start - quote.length), Buffer.from(`"${escaped(after.policy)}"`, 'latin1'))
    done = end + quote.length
  }
  return { html: done ? Buffer.concat([...parts, html.subarray(done)]) : html, needsNonce }
}

/** The value of an attribute, as Latin-1: one character for each byte. */
function text(html: Buffer, { start, end }: Attribute): string {
  return html
    .toString('latin1', start, end)
    .replace(REFERENCE, (reference, name?: string, hex?: string, decimal?: string) => {
      if (name) return NAMED[name] ?? reference
      const code = hex ? parseInt(hex, 16) : Number(decimal)
      return code < 128 ? String.fromCharCode(code) : reference
    })
}

/** Character references for the ASCII characters of a policy. */
const REFERENCE = /&(?:(apos|quot|amp|semi|comma|sol|colon);|#x([0-9a-f]{1,6});?|#([0-9]{1,7});?)/gi
const NAMED: Record<string, string> = {
  apos: "'",
  quot: '"',
  amp: '&',
  semi: ';',
  comma: ',',
  sol: '/',
  colon: ':'
}

function escaped(policy: string): string {
  return policy.replace(/&/g, '&amp;').replace(/"/g, '&quot;')
}
