import { SitedriveError } from '../error.js'
import type { Walk } from '../folder/walk.js'
import { isCi } from '../identity/permission.js'
import type { OutcomeFacts, Published, Unchanged } from '../outcome/outcome.js'

/** DIR_EMPTY: the folder has no files that may be published. */
export function emptyDir(found: Walk): SitedriveError {
  const leftOut = found.leftOut.length > 0 ? ` (${found.leftOut.length} were left out)` : ''
  return new SitedriveError(
    'DIR_EMPTY',
    `\`${found.dir}\` has no files to publish${leftOut}. Nothing was published.`,
    {
      remedy: {
        action: 'allow empty',
        sentence: 'If the site is meant to become empty, publish once with {}.'
      }
    }
  )
}

/** UNCONFIRMED: too few seeds hold the release. @param why one sentence for each seed */
export function unconfirmed({ release, key }: OutcomeFacts, why: string[]): SitedriveError {
  return new SitedriveError(
    'UNCONFIRMED',
    `Release ${release} of \`${key}\` is kept here, but too few seeds hold it, so readers do not see it. ${why.join(' ')}`,
    { remedy: { action: 'sync', sentence: 'When they are back: {}.' } }
  )
}

/**
 * Fails an unconfirmed publish on a build server, because nobody completes it there later.
 *
 * @throws {SitedriveError} UNCONFIRMED
 */
export function refuseUnconfirmed<T extends Published | Unchanged>(outcome: T, env: NodeJS.ProcessEnv): T {
  const { notes } = outcome
  if (notes.unconfirmed && isCi(env)) throw unconfirmed(outcome, notes.unconfirmed)
  return outcome
}

/** STORE_EMPTY: there is no release to send to the seeds. */
export function nothingPublished(key: string): SitedriveError {
  return new SitedriveError(
    'STORE_EMPTY',
    `Nothing of \`${key}\` was published from this machine. Build and publish the site first.`
  )
}

/** NO_PROJECT: the folder has no `sitedrive.json`. */
export function noProject(projectDir: string): SitedriveError {
  return new SitedriveError(
    'NO_PROJECT',
    `\`${projectDir}\` has no sitedrive.json, so nothing was ever published from it. Run \`npx sitedrive init\` or build the site there.`
  )
}
