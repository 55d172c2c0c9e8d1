import { shellLine } from '@sitedrive/integration'

/** What only dev runs have a use for. */
const OF_DEV_RUNS = /^--(?:serve|watch|incremental|quiet|ignore-initial|port)(?:=|$)/

/**
 * The command that builds what a dev run shows, for projects that have no `build` script.
 *
 * @param words the dev run's own, such as `--serve --input=src`
 */
export function ownBuildCommand(words: readonly string[]): string {
  const kept = words.filter((word, at) => !OF_DEV_RUNS.test(word) && words[at - 1] !== '--port')
  return shellLine(['npx', '@11ty/eleventy', ...kept])
}
