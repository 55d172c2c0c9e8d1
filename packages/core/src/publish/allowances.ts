import { SitedriveError } from '../error.js'
import { listed } from '../text.js'

/** What a refused publish may be allowed to do all the same. */
export interface Allowances {
  /** Publish an empty dir, which takes the whole site away. */
  empty?: boolean
  /** Take away more than half of the site's paths. */
  shrink?: boolean
  /** Publish a folder that holds a project: sources, lock files and drafts with it. */
  project?: boolean
  /** Begin a site with a release that has no page. */
  'no-pages'?: boolean
}

const WORDS: readonly (keyof Allowances)[] = ['empty', 'shrink', 'project', 'no-pages']

/**
 * Reads what `--allow` and `SITEDRIVE_ALLOW` say.
 *
 * @param text words with commas between them
 * @throws {SitedriveError} BAD_OPTION
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
