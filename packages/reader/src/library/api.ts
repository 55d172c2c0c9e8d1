// The types of the requests and answers between the library's page and its server. Text that comes from sites has no control characters.
import type { Interest } from './interest.js'

/** A release that came while its site was open, as the page tells it. */
export interface NewsRow {
  /** The site's key. */
  key: string
  /** What the site is called. */
  site: string
  /** Where it is shown on this machine. */
  url: string
  /** null: another program than sitedrive wrote the site. */
  release: number | null
  /** ISO 8601, as its author says; null: not known. */
  publishedAt: string | null
  /** When it was here as a whole; ISO 8601. */
  arrivedAt: string
  /** What changed, in words for readers; empty: its author does not say. */
  words: string
}

/** How a copy stands. */
export type Standing =
  /** It is here, and nobody looks for new releases of it. */
  | { kind: 'closed' }
  /** Nothing of it is here yet. */
  | { kind: 'searching' }
  /** Part of it, or all of it, is here and can be read. */
  | { kind: 'open'; words: string; share: number; isComplete: boolean; peers: number }
  | { kind: 'problem'; message: string }

/** A site of somebody else. */
export interface SiteRow {
  key: string
  /** `hyper://<key>/` */
  link: string
  /** Where it is shown on this machine. */
  url: string
  /** The title of its start page, the domain that led to it, or the beginning of its key. */
  name: string
  /** The domain name that led to it; null: its key did. */
  domain: string | null
  interest: Interest
  /** With more bytes it is not fetched as a whole. null: the limit of the command. */
  maxBytes: number | null
  /** ISO 8601. */
  addedAt: string
  openedAt: string
  /** The newest release that is here; null: not known. */
  release: number | null
  /** The site that it was made of, and the release; null: it is no fork. */
  fork: { link: string; release: number | null } | null
  standing: Standing
  /** Newest first. */
  news: NewsRow[]
}

/** A site whose key is on this machine. */
export interface OwnRow {
  key: string
  link: string
  name: string
  /** Where web browsers find it; null: not known. */
  webAddress: string | null
  /** The last release that was completed on this machine; null: none. */
  release: number | null
  publishedAt: string | null
  /** The folders that publish to it. */
  folders: { dir: string; isThere: boolean }[]
}

export interface GeneratorChoice {
  id: string
  name: string
  /** Whom it suits, in one sentence. */
  about: string
}

/** `GET /api/library`. */
export interface LibraryAnswer {
  mine: OwnRow[]
  /** The one that was opened last first. */
  sites: SiteRow[]
  /** false: this machine hands nothing to others now. */
  isShared: boolean
  /** Where new websites are made when no other folder is given; absolute, ends with the separator. */
  newSitesIn: string
  generators: GeneratorChoice[]
}

/** `GET /api/news`: of all sites, newest first. */
export interface NewsAnswer {
  news: NewsRow[]
}

/** `POST /api/open`. */
export interface OpenRequest {
  link: string
  interest?: Interest
  /** Bytes. */
  maxBytes?: number
}

export interface OpenAnswer {
  key: string
  /** Where the page that the link names is on this machine. */
  url: string
  isShared: boolean
}

/** `POST /api/resume`: opens all that is followed or kept. */
export interface ResumeAnswer {
  sites: { key: string; url: string }[]
  problems: string[]
  isShared: boolean
}

/** `POST /api/interest`. */
export interface InterestRequest {
  key: string
  interest: Interest
  /** Bytes; null: the limit of the command. */
  maxBytes: number | null
}

/** `POST /api/forget`. */
export interface ForgetRequest {
  key: string
}

/** `POST /api/new-site`. */
export interface NewSiteRequest {
  name: string
  /** Absolute, or below `newSitesIn`. */
  dir: string
  generator: string
}

export interface NewSiteAnswer {
  dir: string
  files: string[]
  /** What to type next, one line each. */
  commands: string[]
  /** What these do, and what they need, in words. */
  next: string
}

/** One line of `GET /api/events`. */
export type LibraryEvent =
  /** `/api/library` has a new answer. */
  { kind: 'changed' } | { kind: 'news'; news: NewsRow }
