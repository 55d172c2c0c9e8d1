import type { Sources } from '../content/content-types.js'

/** Collects the source of each output over several builds: a build names only the files that it wrote. */
export class KnownSources {
  private known: Sources = {}

  get all(): Sources {
    return this.known
  }

  /** Adds the sources that a build names. @returns those that were not known before */
  add(sources: Sources = {}): Sources {
    const news = Object.entries(sources).filter(([output, source]) => this.known[output] !== source)
    if (news.length > 0) this.known = { ...this.known, ...Object.fromEntries(news) }
    return Object.fromEntries(news)
  }
}
