import type { Outcome, Publisher, SiteAddress, SiteGenerator, Sources } from '@sitedrive/core'
import { describeBase } from './base.js'
import type { SitedriveOptions } from './options.js'
import { remembered } from './process-memory.js'
import { say, type HostLogger } from './say.js'

/** What is published. */
export interface BuiltSite {
  /** Absolute. */
  dir: string
  /** From when on files count as this build's, milliseconds since 1970. */
  startedAtMs: number
  /** What the build's own links begin with. */
  base: string
  /** What pages were made of, as far as it is known. */
  sources?: Sources
}

/** One project as this process publishes it. All environments of a build share it, and with it one new key. */
export class Site {
  private readonly publisher: Publisher
  private logger: HostLogger | null = null

  /** @throws {SitedriveError} BAD_OPTION */
  static async of(
    projectDir: string,
    { publish = true, required = false, checks }: SitedriveOptions,
    generator: SiteGenerator
  ): Promise<Site> {
    const { createPublisher, describeWait, terminalQuestion } = await import('@sitedrive/core')
    const sites = remembered('sites', () => new Map<string, Site>())
    const name = JSON.stringify([projectDir, publish, required, checks])
    const known = sites.get(name)
    if (known) return known
    const site = new Site((line) =>
      createPublisher({
        projectDir,
        generator,
        publish,
        required,
        ...(checks && { checks }),
        confirm: terminalQuestion(process.env),
        onWait: (holder, waitedMs) => line(describeWait(holder, waitedMs))
      })
    )
    sites.set(name, site)
    return site
  }

  private constructor(create: (line: (text: string) => void) => Publisher) {
    this.publisher = create((text) => {
      if (this.logger) say(this.logger, { level: 'say', text })
    })
  }

  /** The address that a build publishes to. Where there is none yet, the one that it will get. */
  address(): Promise<SiteAddress> {
    return this.publisher.site()
  }

  /** Publishes what was built, and says what came of it. @throws whatever kept it from being published, made for reading */
  async publish({ dir, startedAtMs, base, sources }: BuiltSite, logger: HostLogger): Promise<void> {
    this.logger = logger
    const problem = describeBase(base)
    if (problem !== null) say(logger, { level: 'warn', text: problem })
    const { describeOutcome } = await import('@sitedrive/core')
    const facts = { startedAtMs, ...(sources && { sources }) }
    const outcome = await this.publisher.publish(dir, facts).catch((error: unknown) => {
      throw forReading(error)
    })
    const link = outcome.status === 'published' ? outcome.link : null
    for (const line of describeOutcome(problem === null ? outcome : withoutBase(outcome))) {
      // Alone on its line, for those who copy it or pipe it on.
      if (line.text === link) logger.info(link)
      else say(logger, line)
    }
  }
}

/** An outcome without what the config has told of already. */
function withoutBase(outcome: Outcome): Outcome {
  if (outcome.status === 'skipped') return outcome
  const findings = outcome.notes.findings.filter(({ check }) => check !== 'base-url')
  return { ...outcome, notes: { ...outcome.notes, findings } }
}

/** Vite prints the stack of what is thrown at it. Of our own errors the code is of use to a reader, the stack is not. */
export function forReading(error: unknown): unknown {
  if (error instanceof Error && error.name === 'SitedriveError') {
    error.stack = `SitedriveError ${String((error as { code?: unknown }).code)}: ${error.message}`
  }
  return error
}
