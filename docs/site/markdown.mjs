// What GitHub shows of these pages, the site shows too.
import { linkInSite, sourceOf } from './pages.mjs'

/** @param {import('markdown-it').default} md */
export function likeOnGitHub(md) {
  md.set({ html: true, linkify: false })
  md.core.ruler.push('links_in_site', ({ tokens, env }) => {
    const source = sourceOf(env.page.inputPath)
    for (const token of tokens.flatMap((token) => [token, ...(token.children ?? [])])) {
      for (const name of ['href', 'src']) {
        const value = token.attrGet(name)
        if (value !== null) token.attrSet(name, linkInSite(value, source))
      }
    }
  })
  // An empty cell heads nothing: a reader who hears the page is told of none.
  md.core.ruler.push('empty_heads', ({ tokens }) => {
    for (const [at, token] of tokens.entries())
      if (token.type === 'inline' && token.content === '' && tokens[at - 1]?.type === 'th_open')
        tokens[at - 1].tag = tokens[at + 1].tag = 'td'
  })
  // Comments are for the tests of the examples.
  const { html_block: block, fence } = md.renderer.rules
  md.renderer.rules.html_block = (...args) => block(...args).replace(/<!--.*?-->\n*/gs, '')
  // What is wide scrolls in a box of its own, which a keyboard has to be able to reach.
  md.renderer.rules.fence = (...args) => fence(...args).replace('<pre', '<pre tabindex="0"')
  md.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>\n'
  md.renderer.rules.table_close = () => '</table></div>\n'
}
