// The types that the checks, the summary and their callers share. Code that decides is pure; reading is passed in.
import type { Change } from '../folder/compare.js'

/** One file of a site, by its path in the drive. */
export interface SiteFile {
  /** POSIX, starts with `/`. */
  path: string
  /** sha256 of the bytes, base64url. */
  hash: string
  bytes: number
}

/** A whole site at one moment: a walked folder, a release, or the state of a preview. */
export interface SiteView {
  readonly files: ReadonlyMap<string, SiteFile>
  /**
   * The bytes of one file, at most `limitBytes` of them from its start.
   *
   * @returns null when this machine does not hold them, or the file has changed since
   */
  read(path: string, limitBytes?: number): Promise<Uint8Array | null>
}

/** The source file of each output, as far as the generator knows: path in the drive → file, relative to the project, POSIX. */
export type Sources = Readonly<Record<string, string>>

/** A reference of a page to something else. */
export interface Reference {
  /** As written, trimmed, with character references resolved. */
  url: string
  kind: 'link' | 'asset'
  /** Its line in the file, from 1; null: unknown. */
  line: number | null
  /** Only machines read it, such as `rel="canonical"` and `og:image`, so it must be absolute. @default false */
  isForMachines?: boolean
  /** The text of the link is its address, as in a tutorial. @default false */
  isSpelledOut?: boolean
  /** It is a text in a script, which may be something else than an address. @default false */
  isInScript?: boolean
}

/** A form that needs a server: it posts to this site, or asks a host to handle it. */
export interface ServerForm {
  /** As written; empty: the page itself. */
  action: string
  /** `netlify`: the form has Netlify's attribute. */
  needs: 'post' | 'netlify'
  line: number | null
}

/** Why a page was not read to its end, or readers will see other characters. */
export interface PageProblem {
  kind: 'size' | 'nesting' | 'encoding' | 'binary'
  /** For `size` the number of bytes that were read, for `encoding` its name; else empty. */
  detail: string
}

/** What the checks need to know of an HTML output. Plain data: it is cached by the content's hash. */
export interface HtmlFacts {
  title: string | null
  description: string | null
  language: string | null
  references: Reference[]
  /** Targets of fragments: ids, and names of anchors. */
  anchors: string[]
  /** `<base href>`; all references are resolved against it. */
  base: string | null
  /** Addresses that forms are sent to; empty: the page itself. */
  formActions: string[]
  serverForms: ServerForm[]
  /** The page sends its readers to another one within seconds. */
  isRedirect: boolean
  /** null: it was read to its end, and readers see the same characters. */
  problem: PageProblem | null
}

/** What is known of a Markdown source. */
export interface MarkdownFacts {
  title: string | null
  /** From the front matter: ISO 8601 (a date, or date and time) where it can be parsed, else as written. */
  date: string | null
  isDraft: boolean
  words: number
  headings: { depth: number; text: string }[]
  /** Why the front matter could not be parsed; null: it was, or there is none. */
  problem: string | null
}

export type Check =
  | 'broken-link'
  | 'broken-anchor'
  | 'no-home-page'
  | 'missing-asset'
  | 'case-mismatch'
  | 'localhost-link'
  | 'own-address-link'
  | 'base-url'
  | 'draft'
  | 'front-matter'
  | 'host-file'
  | 'host-form'
  | 'redirect-rule'
  | 'header-rule'
  | 'large-file'
  | 'stale-file'
  | 'stale-compressed'
  | 'unreadable-page'
  | 'secret'

/** Something in a site that would trouble its readers. One cause is one finding, in however many files. */
export interface Finding {
  check: Check
  /** `error`: something is broken for readers. `warning`: it is probably a mistake. */
  level: 'error' | 'warning'
  /** The first output that has it. */
  path: string
  /** Further outputs that have it, at most 20. `count` is the number of all, with the first. */
  alsoIn: string[]
  count: number
  /** The file to repair, relative to the project; null: unknown. */
  source: string | null
  /** Line in `source`, else in the output, from 1; null: unknown. */
  line: number | null
  /** The value as it is written, such as the link. */
  value: string | null
  /** One sentence: what is wrong, with the value in backticks. */
  what: string
  /** One sentence: what to do about it. */
  remedy: string
}

/** Kinds of changes that readers do not notice. */
export type Noise = 'build time' | 'fingerprint'

/** A change of a page, described for readers. */
export interface PageChange extends Change {
  /** Its address on the site, such as `/posts/one/`. */
  url: string
  /** null: it has none, it was not read, or it only redirects to another page. */
  title: string | null
  /** Its source file; null: unknown. */
  source: string | null
  /** null: more than noise has changed, or it was not compared. */
  noise: Noise | null
}

export interface FileChange extends Change {
  kind: 'image' | 'style' | 'script' | 'font' | 'feed' | 'media' | 'other'
  noise: Noise | null
}

/** The changes of a release, grouped for a reader. */
export interface Summary {
  pages: PageChange[]
  files: FileChange[]
  /** Such as `1 new page: “Why P2P deserves another chance”; 3 changed; 1 removed`. At most 300 characters. */
  words: string
  /** Paths of pages on which the same was changed, as by a layout, in groups of five or more; the largest group first. */
  alike: string[][]
  /** Titles of new and changed pages, at most 20. */
  titles: string[]
  /** Changed pages and text files that nobody had the time to compare: perhaps nothing but noise has changed in them. */
  notLookedInto: number
}
