import { closeSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import type { Allowances } from './allowances.js'
import { SitedriveError } from '../error.js'
import { isPage } from '../folder/page-url.js'
import { plural, printable } from '../text.js'
import type { Walk } from '../folder/walk.js'

/** So much of a file without an ending tells whether it is HTML. Bytes. */
const HEAD_BYTES = 512
/** At most so many of those are opened. */
const MAX_OPENED = 1_000
/** At most so many names are told. */
const MAX_LISTED = 3

export interface FirstRelease {
  allow: Allowances
  /** Asks a person yes or no; null where there is none to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
}

/**
 * Whether a folder has a page: by a name that ends in `.html` and the like, else by what a file without an ending begins
 * with, as of sites that were copied from a server.
 */
export function hasPage({ dir, files }: Pick<Walk, 'dir' | 'files'>): boolean {
  if (files.some((file) => isPage(file.path))) return true
  return files
    .filter((file) => path.posix.extname(file.path) === '')
    .slice(0, MAX_OPENED)
    .some((file) => isHtml(dir + file.path))
}

/**
 * A release without any page, the first one or one that takes the last page away, is most likely the wrong folder; and what is
 * out cannot be taken back.
 *
 * @throws {SitedriveError} NO_PAGES
 */
export async function refusePageless(found: Walk, { allow, confirm }: FirstRelease): Promise<void> {
  const { dir, files } = found
  // An empty folder is refused, or was allowed, by itself.
  if (allow['no-pages'] || files.length === 0 || hasPage(found)) return
  const more = files.length > MAX_LISTED ? ' …' : ''
  const names = files.slice(0, MAX_LISTED).map((file) => `\`${printable(file.path)}\``)
  const what = `\`${dir}\` has no HTML page, only ${plural(files.length, 'other file')}: ${names.join(', ')}${more}.`
  if (await confirm?.(`${what}\nMake that a release of the site? What is published once stays public.`))
    return
  throw new SitedriveError(
    'NO_PAGES',
    `${what} Readers would have no page to open. Nothing was published. ` +
      'Name the folder that the build writes; has the build run?',
    {
      remedy: {
        action: 'allow no-pages',
        sentence: 'If a site without pages is meant, publish once with {}.'
      }
    }
  )
}

function isHtml(file: string): boolean {
  try {
    const fd = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(HEAD_BYTES)
      const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, HEAD_BYTES, 0))
      return /^(?:\xef\xbb\xbf)?\s*(?:<!--(?:(?!-->)[^])*-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i.test(
        text
      )
    } finally {
      closeSync(fd)
    }
  } catch {
    return false // whoever publishes it tells
  }
}
