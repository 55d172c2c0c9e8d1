import { messageWithRemedy, type Failed, type RemedyAction } from '@sitedrive/core/start'

/** How a person who runs a generator's build lets a refused publish continue. */
const REMEDIES: Readonly<Record<RemedyAction, string>> = {
  'allow empty': 'SITEDRIVE_ALLOW=empty',
  'allow shrink': 'SITEDRIVE_ALLOW=shrink',
  'allow project': 'SITEDRIVE_ALLOW=project',
  'allow no-pages': 'SITEDRIVE_ALLOW=no-pages',
  'accept loss': '`npx sitedrive publish <folder> --accept-loss`',
  'checks off': "the plugin's option `checks: 'off'` (or SITEDRIVE_CHECKS=off)",
  sync: '`npx sitedrive publish --sync`'
}

/** Describes why the publish of a build failed, and how it can continue. */
export function buildFailureMessage(failed: Failed): string {
  return messageWithRemedy(failed, REMEDIES)
}

/** The same for any thrown value. */
export function thrownFailureMessage(thrown: unknown): string {
  return thrown instanceof Error ? buildFailureMessage(thrown) : String(thrown)
}
