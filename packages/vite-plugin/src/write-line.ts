import { sharedInProcess, type Host } from '@sitedrive/integration'

type ReportLine = Parameters<Host['write']>[0]

/** Of Vite's logger, or that of a framework, what is used. */
export interface HostLogger {
  info(text: string): void
  warn(text: string): void
  /** What every line but a bare link begins with. @default '[sitedrive] ' */
  prefix?: string
}

/** Writes a line with the host's logger, so that `--logLevel` does with it what it does with the host's own. */
export function writeLine(logger: HostLogger, { level, text }: ReportLine): void {
  const line = (logger.prefix ?? '[sitedrive] ') + text
  if (level === 'say') logger.info(line)
  else logger.warn(line)
}

/** The same, once in a process: a program that runs several builds runs the plugin in each. */
export function writeOnce(logger: HostLogger, line: ReportLine): void {
  const written = sharedInProcess('lines of Vite', () => new Set<string>())
  if (written.has(line.text)) return
  written.add(line.text)
  writeLine(logger, line)
}
