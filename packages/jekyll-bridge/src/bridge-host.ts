import type { Host } from '@sitedrive/integration'
import type { Screen } from '@sitedrive/terminal'

/** @param buildCommand the command that publishes what `serve` shows */
export function bridgeHost(screen: Screen, buildCommand: string): Host {
  return {
    name: 'Jekyll',
    version: 'unknown',
    buildCommand,
    write: ({ level, text }) => (level === 'warn' ? screen.warn(text) : screen.print(text)),
    writeLink: (link) => screen.printPlain(link),
    writeProgress: (text) => (text === null ? screen.endProgress() : screen.progress(text)),
    previewNote: 'What is built here is not published; `jekyll-bridge build` publishes. Ctrl-C stops it.'
  }
}
