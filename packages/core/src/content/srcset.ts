/**
 * The addresses in a `srcset`.
 *
 * Source: https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute: an address ends at white space,
 * so that it may contain commas; what follows up to the next comma outside of brackets describes it.
 */
export function srcsetUrls(srcset: string): string[] {
  const urls: string[] = []
  const candidate = /[\s,]*([^\s]+)/y
  for (;;) {
    const match = candidate.exec(srcset)
    if (!match) return urls
    const written = match[1] ?? ''
    const url = written.replace(/,+$/, '')
    if (url !== '') urls.push(url)
    if (url === written) candidate.lastIndex = endOfDescriptors(srcset, candidate.lastIndex)
  }
}

function endOfDescriptors(srcset: string, from: number): number {
  let isInBrackets = false
  let at = from
  for (; at < srcset.length; at++) {
    const character = srcset[at]
    if (character === '(') isInBrackets = true
    else if (character === ')') isInBrackets = false
    else if (character === ',' && !isInBrackets) break
  }
  return at
}
