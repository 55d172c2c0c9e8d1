import { SitedriveError } from '../error.js'
import { listed } from '../text.js'

/** Publishes that are normally refused and can be allowed. */
export interface Allowances {
  /** Publish an empty folder, which removes the whole site. */
  empty?: boolean
  /** Remove more than half of the site's paths. */
  shrink?: boolean
  /** Publish a project folder, with sources, lock files and drafts. */
  project?: boolean
  /** Publish a release without a page. */
  'no-pages'?: boolean
}

const WORDS: readonly (keyof Allowances)[] = ['empty', 'shrink', 'project', 'no-pages']

/**
 * Parses the value of `--allow` and `SITEDRIVE_ALLOW`.
 *
 * @param text words, separated by commas
 * @throws {SitedriveError} BAD_OPTION when a word is unknown
 */
export function allowancesFrom(text: string | undefined): Allowances {
  const allow: Allowances = {}
  const words = (text ?? '').split(',').map((part) => part.trim())
  for (const word of words.filter(Boolean)) {
    const known = WORDS.find((each) => each === word)
    if (known === undefined) {
      const quoted = listed(WORDS.map((each) => `\`${each}\``))
      throw new SitedriveError(
        'BAD_OPTION',
        `\`${word}\` cannot be allowed; known are ${quoted}, separated by commas.`
      )
    }
    allow[known] = true
  }
  return allow
}
