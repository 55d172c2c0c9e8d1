import type { ReportLine } from '@sitedrive/core'
import { remembered } from './process-memory.js'

/** Of a host's logger, what is used. */
export interface HostLogger {
  info(text: string): void
  warn(text: string): void
  /** What every line but a bare link begins with. @default '[sitedrive] ' */
  prefix?: string
}

/** Says a line in the host's way, so that `--logLevel` does with it what it does with the host's own. */
export function say(logger: HostLogger, { level, text }: ReportLine): void {
  const line = (logger.prefix ?? '[sitedrive] ') + text
  if (level === 'say') logger.info(line)
  else logger.warn(line)
}

/** The same, once in a process: a program that runs several builds runs the plugin in each. */
export function sayOnce(logger: HostLogger, line: ReportLine): void {
  const said = remembered('said', () => new Set<string>())
  if (said.has(line.text)) return
  said.add(line.text)
  say(logger, line)
}
