import type { Sources } from './content-types.js'

/** Which source each output was made of, told bit by bit: builds name only what they wrote. */
export class KnownSources {
  private known: Sources = {}

  get all(): Sources {
    return this.known
  }

  /** Takes in what a build told. @returns what was not known before */
  add(sources: Sources = {}): Sources {
    const news = Object.entries(sources).filter(([output, source]) => this.known[output] !== source)
    if (news.length > 0) this.known = { ...this.known, ...Object.fromEntries(news) }
    return Object.fromEntries(news)
  }
}
