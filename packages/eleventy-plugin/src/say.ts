import { describeOutcome, type Outcome, type ReportLine } from '@sitedrive/core'
import type { EleventyLogger } from './eleventy.js'

const PREFIX = '[sitedrive]'

/** Says a line in Eleventy's way, so that `--quiet` and `DEBUG` do with it what they do with Eleventy's own. */
export function say(logger: EleventyLogger, { level, text }: ReportLine): void {
  if (level === 'say') logger.logWithOptions({ message: text, prefix: PREFIX })
  else logger.logWithOptions({ message: text, prefix: PREFIX, type: 'warn', color: 'yellow' })
}

/** Says what an outcome means. The link of a release stands alone on its line, for those who copy it or pipe it on. */
export function sayOutcome(logger: EleventyLogger, outcome: Outcome): void {
  const link = outcome.status === 'published' ? outcome.link : null
  for (const line of describeOutcome(outcome)) {
    // Eleventy's logger puts a prefix, or at least a blank, before whatever it says.
    if (line.text === link && isPlain(logger)) logger.logger.log(link)
    else say(logger, line)
  }
}

/**
 * Runs an action when Eleventy has said its own last line ("Wrote 12 files"), which it does after all handlers; at the
 * latest when the process ends.
 */
export function afterLastLine(action: () => void): void {
  const run = () => {
    clearImmediate(turn)
    process.off('exit', run)
    action()
  }
  const turn = setImmediate(run)
  process.once('exit', run)
}

function isPlain(logger: EleventyLogger): boolean {
  return logger.isVerbose && !process.env['DEBUG'] && logger.isLoggingEnabled()
}
