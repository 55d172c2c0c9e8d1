import { sharedInProcess, type Host } from '@sitedrive/integration'
import type { Logger, LogLevel } from 'vite'

type ReportLine = Parameters<Host['write']>[0]

/** Of Vite's logger, or that of a framework, what is used. */
export interface HostLogger {
  info(text: string): void
  warn(text: string): void
  /** Writes what a person should see even when the host is told to be quiet. @default `info` */
  notice?(text: string): void
  /** What every line but a bare link begins with. @default '[sitedrive] ' */
  prefix?: string
}

/** What a resolved config says of its logger. */
interface LoggerConfig {
  logger: Logger
  logLevel?: LogLevel | undefined
  customLogger?: Logger | undefined
}

/**
 * Vite's logger as a host's: with the log level `warn` or `error`, notices and warnings still come, on stderr. With `silent`
 * nothing does. A logger of the config's own decides by itself.
 */
export function viteLogger({ logger, logLevel, customLogger }: LoggerConfig): HostLogger {
  const info = (text: string) => logger.info(text)
  const isQuiet = !customLogger && (logLevel === 'warn' || logLevel === 'error')
  const warn = (text: string) => (isQuiet && logLevel === 'error' ? logger.error(text) : logger.warn(text))
  return { info, warn, notice: isQuiet ? warn : info }
}

/** Writes a line without other text on it, such as a link. */
export function writeLink(logger: HostLogger, link: string): void {
  if (logger.notice) logger.notice(link)
  else logger.info(link)
}

export function writeLine(logger: HostLogger, { level, text }: ReportLine): void {
  const line = (logger.prefix ?? '[sitedrive] ') + text
  if (level === 'warn') logger.warn(line)
  else if (level === 'notice' && logger.notice) logger.notice(line)
  else logger.info(line)
}

/** The same, once in a process: a program that runs several builds runs the plugin in each. */
export function writeOnce(logger: HostLogger, line: ReportLine): void {
  const written = sharedInProcess('lines of Vite', () => new Set<string>())
  if (written.has(line.text)) return
  written.add(line.text)
  writeLine(logger, line)
}
