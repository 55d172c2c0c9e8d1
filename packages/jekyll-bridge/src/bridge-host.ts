import type { Host } from '@sitedrive/integration'
import type { Screen } from '@sitedrive/terminal'

/** Makes the host of the integration. @param buildCommand the shell command that builds and publishes the site */
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
