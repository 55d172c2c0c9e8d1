// What the parts that understand content have in common: types only. Deciding is pure; reading is handed in.
import type { Change } from '../folder/compare.js'

/** One file of a site, by its path in the drive. */
export interface SiteFile {
  /** POSIX, starts with `/`. */
  path: string
  /** sha256 of the bytes, base64url. */
  hash: string
  bytes: number
}

/** A whole site at one moment: a folder that was walked, a release, or what a preview shows. */
export interface SiteView {
  readonly files: ReadonlyMap<string, SiteFile>
  /**
   * The bytes of one file, at most `limitBytes` of them from its start.
   *
   * @returns null when this machine does not hold them, or the file has changed since
   */
  read(path: string, limitBytes?: number): Promise<Uint8Array | null>
}

/** Which source file each output was made of, as far as the generator knows: path in the drive → file, relative to the project, POSIX. */
export type Sources = Readonly<Record<string, string>>

/** A reference from a page to something else, as it is written there. */
export interface Reference {
  /** As written, with character references resolved and white space around it taken away. */
  url: string
  kind: 'link' | 'asset'
  /** Where it stands in the file, from 1; null when that is not known. */
  line: number | null
  /** Said to machines alone, such as `rel="canonical"` and `og:image`, and therefore rightly absolute. @default false */
  isForMachines?: boolean
  /** A link whose text is its very address: it tells what to open. @default false */
  isSpelledOut?: boolean
}

/** A form that does nothing without a server: it posts to this site, or asks a host to take it. */
export interface ServerForm {
  /** As written; an empty text is the page itself. */
  action: string
  /** `netlify`: it carries that host's attribute. */
  needs: 'post' | 'netlify'
  line: number | null
}

/** Why a page was not read whole, or is not what readers will see. */
export interface PageProblem {
  kind: 'size' | 'nesting' | 'encoding' | 'binary'
  /** Of `size` the bytes that were looked at, of `encoding` its name. */
  detail: string
}

/** What an HTML output says. Plain data: it is cached by the content's hash. */
export interface HtmlFacts {
  title: string | null
  description: string | null
  language: string | null
  references: Reference[]
  /** What fragments can lead to: ids, and names of anchors. */
  anchors: string[]
  /** `<base href>`, against which all references are resolved. */
  base: string | null
  /** Addresses that forms are sent to; an empty text is the page itself. */
  formActions: string[]
  serverForms: ServerForm[]
  /** The page is nobody's to read: it leads to another one within seconds. */
  isRedirect: boolean
  /** null: it was read whole, and readers see the same. */
  problem: PageProblem | null
}

/** What a Markdown source says. */
export interface MarkdownFacts {
  title: string | null
  /** As written in the front matter, as an ISO 8601 date or date and time where it can be read as one. */
  date: string | null
  isDraft: boolean
  words: number
  headings: { depth: number; text: string }[]
  /** Why the front matter could not be read; null when it could, or there is none. */
  problem: string | null
}

export type Check =
  | 'broken-link'
  | 'broken-anchor'
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
  | 'unreadable-page'
  | 'secret'

/** Something that a publish would ship and that a reader would stumble over. One finding for one cause, wherever it shows. */
export interface Finding {
  check: Check
  /** `error`: readers meet something broken. `warning`: it is likely not what was meant. */
  level: 'error' | 'warning'
  /** The first output that shows it. */
  path: string
  /** Further outputs that show the same, at most 20; `count` has the whole number, this one included. */
  alsoIn: string[]
  count: number
  /** Where to mend it, relative to the project, when that is known. */
  source: string | null
  /** Line in `source`, else in the output; from 1. */
  line: number | null
  /** The value as it is written, such as the link. */
  value: string | null
  /** One sentence: what is wrong, with the value in backticks. */
  what: string
  /** One sentence: what to do about it. */
  remedy: string
}

/** Of a change that is nothing but noise, what it is. */
export type Noise = 'build time' | 'fingerprint'

/** What a change means to a reader. */
export interface PageChange extends Change {
  /** Where readers find it, such as `/posts/one/`. */
  url: string
  /** null: it has none, it was not looked at, or it only leads to another page. */
  title: string | null
  /** The source that it was made of, when that is known. */
  source: string | null
  /** null: more than that has changed, or it was not looked at. */
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
  /** Titles of new and changed pages, at most 20. */
  titles: string[]
}
