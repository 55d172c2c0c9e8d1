import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { ForkOrigin } from '@sitedrive/core'
import { parseKey } from '@sitedrive/core/drive'
import { isForkOrigin, makePrivateDir, replaceFile } from '@sitedrive/core/internal'
import { readDir, siteFolder } from '../site/site-folder.js'
import { isInterest, type Interest } from './interest.js'

/** A release that came while the site was followed. */
export interface News {
  /** null: another program than sitedrive wrote the site. */
  release: number | null
  /** ISO 8601, as its author says; null: not known. */
  publishedAt: string | null
  /** When it was here as a whole; ISO 8601. */
  arrivedAt: string
  /** What changed, in the author's words; null: it does not say. */
  words: string | null
  /** Titles of new and changed pages. */
  titles: string[]
}

/** A site of somebody else on this machine. */
export interface LibrarySite {
  /** z-base-32, normalised. */
  key: string
  interest: Interest
  /** With more bytes, a site is not fetched as a whole. null: the limit of the command. */
  maxBytes: number | null
  /** The domain name that led to it; null: its key did. */
  name: string | null
  /** The title of its start page. */
  title: string | null
  /** When it was first and last opened by a person; ISO 8601. */
  addedAt: string
  openedAt: string
  /** The newest release that was here, and the version of the drive. */
  release: number | null
  version: number | null
  /** The site that it was made of, as its newest release says; null: it is no fork. */
  fork: ForkOrigin | null
  /** Newest first, at most 50. */
  news: News[]
}

const MAX_NEWS = 50

/** The copies of other people's sites in a data directory. */
export class Library {
  private readonly home: string

  constructor(home: string) {
    this.home = home
  }

  /** All sites, the one that was opened last first. */
  list(): LibrarySite[] {
    return keysIn(readDir(this.home))
      .map((key) => this.get(key))
      .filter((site) => site !== null)
      .toSorted((a, b) => b.openedAt.localeCompare(a.openedAt))
  }

  /** @param key z-base-32, normalised @returns null when it was never opened here */
  get(key: string): LibrarySite | null {
    try {
      const found = JSON.parse(readFileSync(this.fileOf(key), 'utf8')) as Partial<LibrarySite>
      return { ...newSite(key), ...known(found), key }
    } catch {
      return null // it is not there, or damaged: what is here of the site can be opened again by its link
    }
  }

  /** Changes what is known of a site; makes it when it is new. */
  update(key: string, changes: Partial<Omit<LibrarySite, 'key'>>): LibrarySite {
    const site = { ...(this.get(key) ?? newSite(key)), ...changes }
    makePrivateDir(siteFolder(this.home, key))
    replaceFile(this.fileOf(key), `${JSON.stringify(site, null, 2)}\n`)
    return site
  }

  /** Writes down a new release. */
  addNews(key: string, news: News): LibrarySite {
    const before = this.get(key)?.news ?? []
    return this.update(key, { news: [news, ...before].slice(0, MAX_NEWS) })
  }

  /** Removes a site with its copy. No process may have it open. */
  forget(key: string): void {
    rmSync(siteFolder(this.home, key), { recursive: true, force: true })
  }

  private fileOf(key: string): string {
    return path.join(siteFolder(this.home, key), 'site.json')
  }
}

function newSite(key: string): LibrarySite {
  const now = new Date().toISOString()
  return {
    key,
    interest: 'read',
    maxBytes: null,
    name: null,
    title: null,
    addedAt: now,
    openedAt: now,
    release: null,
    version: null,
    fork: null,
    news: []
  }
}

/** What is right in a file that somebody may have edited. */
function known(found: Partial<Record<keyof LibrarySite, unknown>>): Partial<LibrarySite> {
  const isText = (value: unknown) => typeof value === 'string'
  const isNumber = (value: unknown) => Number.isSafeInteger(value)
  const rules: [keyof LibrarySite, (value: unknown) => boolean][] = [
    ['interest', isInterest],
    ['maxBytes', isNumber],
    ['name', isText],
    ['title', isText],
    ['addedAt', isText],
    ['openedAt', isText],
    ['release', isNumber],
    ['version', isNumber],
    ['fork', isForkOrigin],
    ['news', (value) => Array.isArray(value) && value.every(isNews)]
  ]
  return Object.fromEntries(
    rules.filter(([name, isRight]) => isRight(found[name])).map(([name]) => [name, found[name]])
  )
}

function isNews(value: unknown): value is News {
  const { arrivedAt, titles } = (value ?? {}) as Partial<Record<keyof News, unknown>>
  return typeof arrivedAt === 'string' && Array.isArray(titles)
}

function keysIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => isKey(name))
  } catch {
    return [] // nothing was ever read here
  }
}

function isKey(name: string): boolean {
  try {
    return parseKey(name) === name
  } catch {
    return false
  }
}
