import {
  createPublisher,
  type ChecksMode,
  type Publisher,
  type PublisherOptions,
  describeProgress,
  describeWait
} from '@sitedrive/core'
import { allowancesFrom } from '@sitedrive/core/internal'
import { yesNoPrompt, type Session } from '@sitedrive/terminal'

export interface ChecksFlags {
  checks?: ChecksMode
}

export interface PublishFlags extends ChecksFlags {
  allow?: string
  acceptLoss?: boolean
  sync?: boolean
  generator?: PublisherOptions['generator']
}

/** Opens a publisher for the session's folder. A publish that a plugin would skip is an error here, since the person asked for it. */
export async function openPublisher(session: Session, flags: PublishFlags = {}): Promise<Publisher> {
  const { projectDir, env, screen, signal } = session
  return createPublisher({
    projectDir,
    env,
    signal,
    required: true,
    generator: flags.generator ?? null,
    allow: { ...allowancesFrom(env['SITEDRIVE_ALLOW']), ...allowancesFrom(flags.allow) },
    acceptLoss: flags.acceptLoss ?? false,
    ...(flags.checks && { checks: flags.checks }),
    confirm: await yesNoPrompt(session),
    onProgress: (progress) => screen.progress(describeProgress(progress)),
    onWait: (holder, waitedMs) => screen.info(describeWait(holder, waitedMs))
  })
}
