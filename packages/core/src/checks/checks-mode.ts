import { SitedriveError } from '../error.js'

/** `warn`: findings are shown and the publish goes on. `fail`: errors refuse the publish. `off`: nothing is checked. */
export type ChecksMode = 'warn' | 'fail' | 'off'

export const CHECKS_MODES: readonly ChecksMode[] = ['warn', 'fail', 'off']

/**
 * Reads the value of `SITEDRIVE_CHECKS` or `--checks`.
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
    `\`${text}\` is no way to check a site; known are \`warn\`, \`fail\` and \`off\`.`
  )
}
