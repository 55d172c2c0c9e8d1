import { checksModeFrom, type ChecksMode } from '../checks/checks-mode.js'
import type { SiteKeys } from '../holepunch/key-pairs.js'
import { dataDir } from '../machine/data-dir.js'
import { ReportChannel } from '../outcome/report-channel.js'
import type { OnProgress } from '../progress.js'
import type { Project } from '../project/project-file.js'
import type { SiteGenerator } from '../release/release-record.js'
import type { Uplink } from '../session/uplink.js'
import { allowancesFrom, type Allowances } from './allowances.js'
import type { PublisherOptions } from './publisher-contract.js'

const LOCK_TIMEOUT_MS = 600_000

/** Makes the connection with a site's seeds for one publish. */
export type UplinkOf = (project: Project, keys: SiteKeys) => Uplink | Promise<Uplink>

/** A publisher's options with all defaults filled in, and what follows from them. */
export interface ResolvedOptions extends PublisherOptions {
  generator: SiteGenerator | null
  env: NodeJS.ProcessEnv
  required: boolean
  publish: boolean
  allow: Allowances
  acceptLoss: boolean
  checks: ChecksMode
  confirm: ((question: string) => Promise<boolean>) | null
  lockTimeoutMs: number
  /** The data directory. */
  home: string
  /** Reports each publish to the process that started this one; null: that process did not ask. */
  channel: ReportChannel | null
  /** Progress of a publish: goes to `onProgress` and to the channel. */
  onPublishProgress: OnProgress | undefined
  /** Replaces the connection with the seeds that the project pins; null: it is not replaced. */
  uplinkOf: UplinkOf | null
}

/** @throws {SitedriveError} BAD_OPTION when an environment variable has a value that is not known */
export function resolveOptions(options: PublisherOptions, uplinkOf: UplinkOf | null): ResolvedOptions {
  const env = options.env ?? process.env
  const home = dataDir(env)
  const allow = options.allow ?? allowancesFrom(env['SITEDRIVE_ALLOW'])
  const channel = ReportChannel.open(env, options.projectDir)
  const { onProgress } = options
  return {
    ...options,
    env,
    home,
    allow,
    channel,
    uplinkOf,
    // Read at each publish, because some generators know their version only during a build.
    get generator() {
      return options.generator ?? null
    },
    required: options.required ?? false,
    publish: options.publish ?? true,
    acceptLoss: options.acceptLoss ?? false,
    checks: options.checks ?? checksModeFrom(env['SITEDRIVE_CHECKS']) ?? 'warn',
    confirm: options.confirm ?? null,
    lockTimeoutMs: options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    onPublishProgress: channel
      ? (progress) => {
          channel.progress(progress)
          onProgress?.(progress)
        }
      : onProgress
  }
}
