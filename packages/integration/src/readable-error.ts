import { messageWithRemedy, type RemedyAction } from '@sitedrive/core/start'

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

/**
 * Makes an error of ours fit for a generator, which prints the message or the stack of what is thrown at it: the message says
 * how to go on, and the stack is one line with the code, since people need no more. Safe to call twice.
 */
export function readableError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'SitedriveError') return error
  const { code } = error as Error & { code?: string }
  const message = messageWithRemedy(error, REMEDIES)
  return Object.assign(error, {
    message,
    remedy: null,
    stack: `SitedriveError ${code}: ${message}`
  })
}
