import type { Host } from '@sitedrive/integration'
import type { EleventyLogger } from './eleventy.js'
import { ownBuildCommand } from './eleventy-build-command.js'

const PREFIX = '[sitedrive]'

type ReportLine = Parameters<Host['write']>[0]

export function eleventyHost(logger: EleventyLogger): Host {
  return {
    name: 'Eleventy',
    version: process.env['ELEVENTY_VERSION'] ?? 'unknown',
    buildCommand: ownBuildCommand(process.argv.slice(2)),
    write: (line) => write(logger, line),
    writeLink: (link) => writeLink(logger, link),
    afterLastLine,
    previewNote: 'Builds of --watch and --serve are not published; `npx @11ty/eleventy` publishes.'
  }
}

/** Writes a line in Eleventy's way. `--quiet` hides what only tells that all is as it was. */
export function write(logger: EleventyLogger, { level, text }: ReportLine): void {
  const line = { message: text, prefix: PREFIX }
  if (level === 'warn')
    logger.logWithOptions({ ...line, type: 'warn', color: 'yellow', force: isQuiet(logger) })
  // Stdout is silent with `--quiet`, or has the pages themselves.
  else if (level === 'notice' && isQuiet(logger))
    logger.logWithOptions({ ...line, type: 'warn', force: true })
  else logger.logWithOptions(line)
}

function isQuiet(logger: EleventyLogger): boolean {
  return !logger.isVerbose && !process.env['DEBUG']
}

/** Eleventy's logger puts a prefix, or at least a blank, before each line; a link stands alone. */
function writeLink(logger: EleventyLogger, link: string): void {
  if (process.env['DEBUG'] || !logger.isLoggingEnabled()) write(logger, { level: 'notice', text: link })
  else if (isQuiet(logger)) logger.logger.warn(link)
  else logger.logger.log(link)
}

/** Eleventy's last line ("Wrote 12 files") comes after all handlers; at the latest the action runs when the process ends. */
function afterLastLine(action: () => void): void {
  const run = () => {
    clearImmediate(turn)
    process.off('exit', run)
    action()
  }
  const turn = setImmediate(run)
  process.once('exit', run)
}
