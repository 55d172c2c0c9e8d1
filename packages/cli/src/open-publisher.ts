import {
  allowancesFrom,
  createPublisher,
  describeWait,
  formatBytes,
  grouped,
  plural,
  type Progress,
  type Publisher,
  type PublisherOptions
} from '@sitedrive/core'
import { asker, type Session } from './session.js'

export interface PublishFlags {
  allow?: string
  acceptLoss?: boolean
  sync?: boolean
  generator?: PublisherOptions['generator']
}

/** A publisher for the session's folder. Whoever types `publish` wants it published: what would be skipped is an error. */
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
    confirm: await asker(session),
    onProgress: (progress) => screen.progress(describeProgress(progress)),
    onWait: (holder, waitedMs) => screen.note(describeWait(holder, waitedMs))
  })
}

function describeProgress({ phase, done, total, bytes, seed }: Progress): string {
  const files = `${grouped(done)} of ${plural(total, 'file')}, ${formatBytes(bytes)}`
  if (phase === 'scan') return `Comparing: ${files} read`
  if (phase === 'write') return `Storing: ${files} read`
  if (phase === 'index') return `Writing the index: ${plural(total, 'change')}`
  const blocks = `${grouped(done)} of ${plural(total, 'block')}, ${formatBytes(bytes)}`
  return `Seed ${seed?.slice(0, 8) ?? ''}…: ${blocks}`
}
