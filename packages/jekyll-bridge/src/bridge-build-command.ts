import { fileURLToPath } from 'node:url'
import { shellLine } from '@sitedrive/integration'
import type { JekyllOptions } from './jekyll-options.js'

/** What shows more than readers are to see, or makes builds faster. */
const OF_DEV_RUNS =
  /^(?:-w|--watch|-I|--incremental|--force_polling|-D|--drafts|--future|--unpublished|-q|--quiet)$/
const LIMIT = /^--limit_posts(?:=|$)/

/** The bridge, as a shell can start it wherever it is installed. */
const PROGRAM = fileURLToPath(new URL('../bin/jekyll-bridge.js', import.meta.url))

/** The command of this very bridge that publishes what `serve` shows, without drafts. */
export function ownBuildCommand({ jekyll }: { jekyll?: string }, { words }: JekyllOptions): string {
  const kept = words.filter(
    // guard: what is published has no drafts
    (word, at) => !OF_DEV_RUNS.test(word) && !LIMIT.test(word) && words[at - 1] !== '--limit_posts'
  )
  return shellLine([
    process.execPath,
    PROGRAM,
    'build',
    ...(jekyll === undefined ? [] : ['--jekyll', jekyll]),
    ...(kept.length > 0 ? ['--', ...kept] : [])
  ])
}
