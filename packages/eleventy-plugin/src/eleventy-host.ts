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

/** Writes a line in Eleventy's way, so that `--quiet` and `DEBUG` do with it what they do with Eleventy's own. */
export function write(logger: EleventyLogger, { level, text }: ReportLine): void {
  if (level === 'say') logger.logWithOptions({ message: text, prefix: PREFIX })
  else logger.logWithOptions({ message: text, prefix: PREFIX, type: 'warn', color: 'yellow' })
}

/** Eleventy's logger puts a prefix, or at least a blank, before each line; a link stands alone. */
function writeLink(logger: EleventyLogger, link: string): void {
  const isPlain = logger.isVerbose && !process.env['DEBUG'] && logger.isLoggingEnabled()
  if (isPlain) logger.logger.log(link)
  else write(logger, { level: 'say', text: link })
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
