import type { EleventyLogger } from './eleventy.js'
import { say } from './say.js'

// Editing the config calls the plugin anew in the same process, and may import it anew: only the process remembers.
const SAID = Symbol.for('@sitedrive/eleventy-plugin: dev builds are not published')

/** After a build of `--watch` or `--serve`. */
export function devBuilt(logger: EleventyLogger): void {
  if (Reflect.has(globalThis, SAID)) return
  Reflect.set(globalThis, SAID, true)
  say(logger, {
    level: 'say',
    text: 'Builds of --watch and --serve are not published; `npx @11ty/eleventy` publishes.'
  })
}
