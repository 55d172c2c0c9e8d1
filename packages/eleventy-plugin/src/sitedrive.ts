import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import {
  createPublisher,
  describeWait,
  PROJECT_FILE,
  projectFile,
  SitedriveError,
  terminalQuestion,
  type BuildFacts,
  type Outcome,
  type SiteAddress
} from '@sitedrive/core'
import { checkPluginOptions } from '@sitedrive/core/plugin'
import { DevPreview } from './dev-preview.js'
import type { BuildEnd, BuildStart, EleventyConfig } from './eleventy.js'
import type { SitedriveOptions } from './options.js'
import { afterLastLine, say, sayOutcome } from './say.js'
import { sourcesOf, writtenPaths } from './written-paths.js'

const { '11ty': host } = createRequire(import.meta.url)('../package.json') as {
  '11ty': { compatibility: string }
}

const NO_ADDRESS: SiteAddress = { key: null, url: null, mirror: null }
const NOTHING_WRITTEN: Outcome = {
  status: 'skipped',
  reason: 'nothing written',
  message: 'Not published: this build wrote no file.'
}

/**
 * Publishes what each `npx @11ty/eleventy` wrote as one release of the site's drive.
 *
 * @throws {SitedriveError} BAD_OPTION; builds fail with whatever kept them from being published
 */
export function sitedrive(eleventyConfig: EleventyConfig, options: SitedriveOptions = {}): void {
  try {
    checkPluginOptions(options, ['immediate']) // that `addPlugin` itself takes
    plugIn(eleventyConfig, options)
  } catch (error) {
    throw forReading(error)
  }
}

/** `addPlugin` of the same plugin twice: the first wins. */
sitedrive.eleventyPluginOptions = { unique: true }

function plugIn(eleventyConfig: EleventyConfig, options: SitedriveOptions): void {
  const { logger, events } = eleventyConfig
  try {
    eleventyConfig.versionCheck(host.compatibility)
  } catch (error) {
    say(logger, { level: 'warn', text: String(error) })
  }
  const projectDir = path.resolve(options.projectDir ?? '.')
  const publisher = createPublisher({
    projectDir,
    generator: { name: 'Eleventy', version: process.env['ELEVENTY_VERSION'] ?? 'unknown' },
    publish: options.publish ?? true,
    required: options.required ?? false,
    ...(options.checks && { checks: options.checks }),
    confirm: terminalQuestion(process.env),
    onWait: (holder, waitedMs) => say(logger, { level: 'say', text: describeWait(holder, waitedMs) })
  })
  // The first publish writes it, from another terminal or the review page. The watching Eleventy takes it for a data file,
  // and would write the output anew while it is read.
  eleventyConfig.watchIgnores?.add(`**/${PROJECT_FILE}`)
  // From here on files count as this build's: whatever prepared it in this process wrote for it as well.
  let startedAtMs = performance.timeOrigin
  let isPublished = false
  let copied: string[] = []
  let devPreview: DevPreview | null = null

  function beginPreview(build: BuildStart): DevPreview | null {
    if (options.preview ?? true) {
      return DevPreview.begin(projectDir, options, build, eleventyConfig)
    }
    DevPreview.end(projectDir, build)
    return null
  }

  const after = asHost(async (build: BuildEnd) => {
    if (build.runMode !== 'build') return devPreview?.built(build, copied, eleventyConfig)
    if (!isPublished) return
    // Also a `--dryrun`, which no event tells of.
    const isWritten = build.results.length > 0 || copied.length > 0
    const facts: BuildFacts = {
      wrote: writtenPaths(build, copied),
      sources: sourcesOf(build, projectDir),
      ...(!build.incremental && { startedAtMs })
    }
    const outcome = isWritten
      ? await publisher.publish(path.resolve(build.directories.output), facts)
      : NOTHING_WRITTEN
    await publisher.close()
    startedAtMs = Date.now()
    afterLastLine(() => sayOutcome(logger, outcome))
  })
  events.on('eleventy.before', (build: BuildStart) => {
    const isWriting = build.outputMode === 'fs'
    const isDev = build.runMode !== 'build'
    isPublished = isWriting && !isDev
    copied = []
    if (isWriting && isDev) devPreview = beginPreview(build)
    // One handler after the other, and ours last: others still write in theirs (eleventy-plugin-vite moves the output).
    eleventyConfig.setEventEmitterMode('sequential')
    events.off('eleventy.after', after)
    events.on('eleventy.after', after)
  })
  events.on('eleventy.beforeWatch', () => devPreview?.expectBuild())
  events.on('eleventy.reset', () => devPreview?.reset())
  events.on(
    'eleventy.passthrough',
    ({ map }: { map: Record<string, string> }) => void copied.push(...Object.keys(map))
  )
  // A key is minted for a build that publishes, never for a page that is only looked at.
  const address = asHost(async () =>
    isPublished || existsSync(projectFile(projectDir)) ? publisher.site() : NO_ADDRESS
  )
  eleventyConfig.addGlobalData('sitedrive', () => address())
}

function asHost<Args extends unknown[], Result>(action: (...args: Args) => Promise<Result>) {
  return (...args: Args): Promise<Result> =>
    action(...args).catch((error: unknown) => {
      throw forReading(error)
    })
}

/** Eleventy prints what is thrown at it. Of our own errors the code is of use to a reader, the stack is not. */
function forReading(error: unknown): unknown {
  if (!(error instanceof SitedriveError)) return error
  return Object.assign(error, { name: `SitedriveError ${error.code}`, skipOriginalStack: true })
}
