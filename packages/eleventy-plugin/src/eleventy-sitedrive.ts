import { createRequire } from 'node:module'
import path from 'node:path'
import { checkPluginOptions, openIntegration, PROJECT_FILE, readableError } from '@sitedrive/integration'
import { DevBuilds } from './dev-builds.js'
import { eleventyHost, write } from './eleventy-host.js'
import type { BuildEnd, BuildStart, EleventyConfig, OldEleventyConfig } from './eleventy.js'
import type { SitedriveOptions } from './eleventy-options.js'
import { plugIntoOldEleventy } from './old-eleventy.js'
import { sourcesOf, writtenPaths, type Copies } from './written-paths.js'

const { '11ty': host } = createRequire(import.meta.url)('../package.json') as {
  '11ty': { compatibility: string }
}

/**
 * Publishes what each `npx @11ty/eleventy` wrote as one release of the site's drive.
 *
 * @throws {SitedriveError} BAD_OPTION; builds fail with whatever kept them from being published
 */
export function sitedrive(
  eleventyConfig: EleventyConfig | OldEleventyConfig,
  options: SitedriveOptions = {}
): void {
  try {
    checkPluginOptions(options, ['immediate']) // that `addPlugin` itself takes
    if ('setEventEmitterMode' in eleventyConfig) plugIn(eleventyConfig, options)
    else plugIntoOldEleventy(eleventyConfig, options)
  } catch (error) {
    throw forEleventy(error)
  }
}

/** `addPlugin` of the same plugin twice: the first wins. */
sitedrive.eleventyPluginOptions = { unique: true }

function plugIn(eleventyConfig: EleventyConfig, options: SitedriveOptions): void {
  const { logger, events } = eleventyConfig
  try {
    eleventyConfig.versionCheck(host.compatibility)
  } catch (error) {
    write(logger, { level: 'warn', text: String(error) })
  }
  const projectDir = path.resolve(options.projectDir ?? '.')
  const integration = openIntegration(eleventyHost(logger), { ...options, projectDir })
  // The first publish writes it, from another terminal or the review page. The watching Eleventy takes it for a data file,
  // and would write the output anew while it is read.
  eleventyConfig.watchIgnores?.add(`**/${PROJECT_FILE}`)
  let isPublished = false
  let copied: Copies = new Map()
  let devBuilds: DevBuilds | null = null

  const after = asPlugin(async (build: BuildEnd) => {
    if (build.runMode !== 'build') return devBuilds?.built(build, copied, eleventyConfig)
    if (!isPublished) return
    // Also a `--dryrun`, which no event tells of.
    if (build.results.length === 0 && copied.size === 0) {
      write(logger, { level: 'notice', text: 'Not published: this build wrote no file.' })
      return
    }
    await integration.publish({
      dir: path.resolve(build.directories.output),
      wrote: writtenPaths(build, [...copied.keys()]),
      sources: sourcesOf(build, projectDir),
      isIncremental: build.incremental
    })
  })
  events.on('eleventy.before', (build: BuildStart) => {
    const isWriting = build.outputMode === 'fs'
    const isDev = build.runMode !== 'build'
    isPublished = isWriting && !isDev
    copied = new Map()
    if (isWriting && isDev)
      devBuilds = DevBuilds.begin(projectDir, integration.preview, build, eleventyConfig)
    // One handler after the other, and ours last: others still write in theirs (eleventy-plugin-vite moves the output).
    eleventyConfig.setEventEmitterMode('sequential')
    events.off('eleventy.after', after)
    events.on('eleventy.after', after)
  })
  events.on('eleventy.beforeWatch', () => devBuilds?.expectBuild())
  events.on('eleventy.reset', () => devBuilds?.reset())
  events.on('eleventy.passthrough', ({ map }: { map: Record<string, string> }) => {
    for (const [url, source] of Object.entries(map)) copied.set(url, source)
  })
  // A key is made for a build that publishes, never for a page that is only looked at.
  const address = asPlugin(() => integration.address(isPublished))
  eleventyConfig.addGlobalData('sitedrive', () => address())
}

function asPlugin<Args extends unknown[], Result>(action: (...args: Args) => Promise<Result>) {
  return (...args: Args): Promise<Result> =>
    action(...args).catch((error: unknown) => {
      throw forEleventy(error)
    })
}

/** Eleventy prints a stack of its own making, and the error's name before the message. */
function forEleventy(error: unknown): unknown {
  const readable = readableError(error)
  if (!(readable instanceof Error) || readable.name !== 'SitedriveError') return readable
  const { code } = readable as Error & { code?: string }
  return Object.assign(readable, { name: `SitedriveError ${code}`, skipOriginalStack: true })
}
