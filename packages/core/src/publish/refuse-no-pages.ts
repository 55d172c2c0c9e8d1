import { closeSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import type { Allowances } from './allowances.js'
import { SitedriveError } from '../error.js'
import { isPage } from '../folder/page-url.js'
import { plural, printable } from '../text.js'
import type { Walk } from '../folder/walk.js'

/** The part of a file without an extension that is searched for HTML. Bytes. */
const HEAD_BYTES = 512
/** The most files without an extension that are opened. */
const MAX_OPENED = 1_000
/** The most names in a message. */
const MAX_LISTED = 3

export interface FirstRelease {
  allow: Allowances
  /** Asks a person a question; null: there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | null
}

/**
 * Whether a folder has a page: a file with an extension such as `.html`, or a file without an extension that begins with HTML,
 * as in sites that were copied from a server.
 */
export function hasPage({ dir, files }: Pick<Walk, 'dir' | 'files'>): boolean {
  if (files.some((file) => isPage(file.path))) return true
  return files
    .filter((file) => path.posix.extname(file.path) === '')
    .slice(0, MAX_OPENED)
    .some((file) => isHtml(dir + file.path))
}

/**
 * Refuses a release without any page. It is most likely the wrong folder, and a release cannot be withdrawn.
 *
 * @throws {SitedriveError} NO_PAGES
 */
export async function refusePageless(found: Walk, { allow, confirm }: FirstRelease): Promise<void> {
  const { dir, files } = found
  // The caller handles an empty folder.
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
    return false // the publish reports the error later
  }
}
