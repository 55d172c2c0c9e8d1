import { isReserved } from '../holepunch/reserved-paths.js'
import type { LeftOut } from '../folder/walk.js'
import type { WhyLeftOut } from './left-out-files.js'
import { HEADERS_PATH, REDIRECTS_PATH, singleSlashes } from '../site-rules/rule-file.js'

/** Files that mirrors read themselves and do not show. */
const HIDDEN = new Set([REDIRECTS_PATH, HEADERS_PATH])

/** What a mirror has at a path. */
export type Place =
  | { kind: 'file'; file: string }
  /** Answered without a file: by a rule of `_redirects`, or by sitedrive itself. */
  | { kind: 'answered' }
  | { kind: 'nothing' }

/** Knows which paths of a site exist for readers. */
export class KnownPaths {
  private readonly files: ReadonlySet<string> | ReadonlyMap<string, unknown>
  private readonly isAnsweredByRule: (path: string) => boolean
  private readonly whyLeftOut: WhyLeftOut
  private lowered: Map<string, string> | null = null

  /** @param isAnsweredByRule whether `_redirects` answers for a decoded path that no file is at */
  constructor(
    files: ReadonlySet<string> | ReadonlyMap<string, unknown>,
    isAnsweredByRule: (path: string) => boolean = () => false,
    whyLeftOut: WhyLeftOut = () => null
  ) {
    this.files = files
    this.isAnsweredByRule = isAnsweredByRule
    this.whyLeftOut = whyLeftOut
  }

  /**
   * Finds what a mirror would show: the file itself; for `/x` also `/x.html` and `/x/index.html`; for `/x/` its
   * `index.html` or `index.htm`, or `/x.html`; else what `_redirects` says. See `resolve-path.ts` of `@sitedrive/mirror`.
   *
   * @param path decoded
   */
  at(path: string): Place {
    const plain = singleSlashes(path)
    const forms = /[^\0-\x7f]/.test(plain) ? [plain, plain.normalize('NFC'), plain.normalize('NFD')] : [plain]
    const file = forms
      .flatMap(candidates)
      .find((candidate) => this.files.has(candidate) && !HIDDEN.has(candidate))
    if (file !== undefined) return { kind: 'file', file }
    if (this.isAnsweredByRule(plain) || isReserved(plain)) return { kind: 'answered' }
    return { kind: 'nothing' }
  }

  /** What would be at a path, had it not been left out. */
  leftOutAt(path: string): { file: string; leftOut: LeftOut } | null {
    for (const file of candidates(singleSlashes(path))) {
      const leftOut = this.whyLeftOut(file)
      if (leftOut) return { file, leftOut }
    }
    return null
  }

  /** The file at a path when capitals are ignored, or null. */
  caseTwin(path: string): string | null {
    if (!this.lowered) {
      this.lowered = new Map()
      for (const file of this.all()) this.lowered.set(file.toLowerCase(), file)
    }
    for (const candidate of candidates(singleSlashes(path).toLowerCase())) {
      const twin = this.lowered.get(candidate)
      if (twin !== undefined) return twin
    }
    return null
  }

  /** The files that readers can open. */
  *all(): Generator<string> {
    for (const file of this.files.keys()) if (!HIDDEN.has(file)) yield file
  }
}

function candidates(path: string): string[] {
  return path.endsWith('/')
    ? [`${path}index.html`, `${path}index.htm`, `${path.slice(0, -1)}.html`]
    : [path, `${path}.html`, `${path}/index.html`, `${path}/index.htm`]
}
