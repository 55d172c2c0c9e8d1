import { SitedriveError } from '../error.js'

/** What becomes of a publish whose checks find something: it warns, it is refused when readers would meet something broken, or there are no checks. */
export type ChecksMode = 'warn' | 'fail' | 'off'

export const CHECKS_MODES: readonly ChecksMode[] = ['warn', 'fail', 'off']

/**
 * What `SITEDRIVE_CHECKS` or `--checks` says.
 *
 * @returns undefined for an empty text
 * @throws {SitedriveError} BAD_OPTION
 */
export function checksModeFrom(text: string | undefined): ChecksMode | undefined {
  if (!text) return undefined
  const mode = CHECKS_MODES.find((known) => known === text)
  if (mode) return mode
  throw new SitedriveError(
    'BAD_OPTION',
    `\`${text}\` is no way to check a site; known are \`warn\`, \`fail\` and \`off\` (--checks, SITEDRIVE_CHECKS).`
  )
}
