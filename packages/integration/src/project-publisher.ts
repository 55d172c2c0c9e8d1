import type { Outcome, Publisher, PublisherOptions, SiteAddress } from '@sitedrive/core'
import type { Host, PublishedBuild } from './contract.js'
import type { IntegrationOptions } from './integration-options.js'
import { filesWritten } from './files-written.js'
import { sharedInProcess } from './process-memory.js'
import { buildStartedAt, rememberPublish } from './publish-times.js'

type Core = typeof import('@sitedrive/core')

/** Publishes one project. All integrations of the project in this process share one, so that they make one new key at most. */
export class ProjectPublisher {
  private readonly projectDir: string
  private readonly core: Core
  private readonly publisher: Publisher
  private host: Host

  static async of(host: Host, options: IntegrationOptions): Promise<ProjectPublisher> {
    const core = await import('@sitedrive/core')
    const { projectDir, publish, required, checks, env, signal } = options
    // A publisher with its own signal or environment is not shared.
    if (env || signal) return new ProjectPublisher(core, host, options)
    const all = sharedInProcess('publishers', () => new Map<string, ProjectPublisher>())
    const name = JSON.stringify([projectDir, publish ?? true, required ?? false, checks ?? null])
    const publisher = all.get(name) ?? new ProjectPublisher(core, host, options)
    all.set(name, publisher)
    return publisher
  }

  private constructor(core: Core, host: Host, options: IntegrationOptions) {
    this.core = core
    this.host = host
    this.projectDir = options.projectDir
    this.publisher = core.createPublisher(this.publisherOptions(options))
  }

  address(): Promise<SiteAddress> {
    return this.publisher.site()
  }

  /** @param host writes the lines about this publish */
  async publish(
    { dir, wrote, sources, fingerprinted, isIncremental, isReported }: PublishedBuild,
    host: Host
  ): Promise<Outcome> {
    this.host = host
    const facts = {
      ...(wrote && { wrote }),
      ...(sources && { sources }),
      ...(fingerprinted && { fingerprinted }),
      ...(!isIncremental && { startedAtMs: buildStartedAt(this.projectDir) })
    }
    // guard: files that nobody waited for are published whole
    if (!(await filesWritten())) host.write({ level: 'warn', text: STILL_WRITTEN })
    const published = await this.publisher.publish(dir, facts).finally(() => host.writeProgress?.(null))
    rememberPublish(this.projectDir)
    const outcome = isReported ? withoutReported(published, isReported) : published
    if (host.afterLastLine) host.afterLastLine(() => this.describe(outcome, host))
    else this.describe(outcome, host)
    return outcome
  }

  close(): Promise<void> {
    return this.publisher.close()
  }

  private describe(outcome: Outcome, host: Host): void {
    for (const line of this.core.describeOutcome(outcome)) {
      if (line.isLink && host.writeLink) host.writeLink(line.text)
      else host.write(line)
    }
  }

  private publisherOptions(options: IntegrationOptions): PublisherOptions {
    const { describeProgress, describeWait, terminalQuestion } = this.core
    const { projectDir, publish = true, required = false, checks, env, signal, allow, acceptLoss } = options
    const { isInteractive = true } = options
    const currentHost = () => this.host
    return {
      projectDir,
      publish,
      required,
      confirm: isInteractive ? terminalQuestion(env ?? process.env) : null,
      onWait: (holder, waitedMs) =>
        currentHost().write({ level: 'say', text: describeWait(holder, waitedMs) }),
      onProgress: (progress) => currentHost().writeProgress?.(describeProgress(progress)),
      // Read at each publish: some generators report their version only when they build.
      get generator() {
        const { name, version } = currentHost()
        return { name, version }
      },
      ...(checks && { checks }),
      ...(env && { env }),
      ...(signal && { signal }),
      ...(allow && { allow }),
      ...(acceptLoss && { acceptLoss })
    }
  }
}

const STILL_WRITTEN =
  'Files are still read or written in this process. What is written after now is not in this release: build again to have it.'

function withoutReported(outcome: Outcome, isReported: NonNullable<PublishedBuild['isReported']>): Outcome {
  if (outcome.status === 'skipped') return outcome
  const findings = outcome.notes.findings.filter((finding) => !isReported(finding))
  return { ...outcome, notes: { ...outcome.notes, findings } }
}
