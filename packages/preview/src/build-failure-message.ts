import { messageWithRemedy, type Failed, type RemedyAction } from '@sitedrive/core/start'

/** How whoever runs a generator's build lets a refused publish go on. */
const REMEDIES: Readonly<Record<RemedyAction, string>> = {
  'allow empty': 'SITEDRIVE_ALLOW=empty',
  'allow shrink': 'SITEDRIVE_ALLOW=shrink',
  'allow project': 'SITEDRIVE_ALLOW=project',
  'allow no-pages': 'SITEDRIVE_ALLOW=no-pages',
  'accept loss': '`npx sitedrive publish <folder> --accept-loss`',
  'checks off': "the plugin's option `checks: 'off'` (or SITEDRIVE_CHECKS=off)",
  sync: '`npx sitedrive publish --sync`'
}

/** Why the publish of a build failed, for people who run that build: with what lets it go on. */
export function buildFailureMessage(failed: Failed): string {
  return messageWithRemedy(failed, REMEDIES)
}

/** The same for whatever was thrown. */
export function thrownFailureMessage(thrown: unknown): string {
  return thrown instanceof Error ? buildFailureMessage(thrown) : String(thrown)
}
