import { shellLine } from '@sitedrive/core/plugin'
import type { JekyllOptions } from './jekyll-options.js'

/** What shows more than readers are to see, or makes builds faster. */
const OF_DEV_RUNS =
  /^(?:-w|--watch|-I|--incremental|--force_polling|-D|--drafts|--future|--unpublished|-q|--quiet)$/
const LIMIT = /^--limit_posts(?:=|$)/

/** The command of this very bridge that publishes what `serve` shows, without drafts. */
export function ownBuild({ jekyll }: { jekyll?: string }, { words }: JekyllOptions): string {
  const kept = words.filter(
    (word, at) => !OF_DEV_RUNS.test(word) && !LIMIT.test(word) && words[at - 1] !== '--limit_posts'
  )
  const bridge = [process.execPath, process.argv[1] ?? '', 'build']
  return shellLine([...bridge, ...(jekyll === undefined ? [] : ['--jekyll', jekyll]), '--', ...kept])
}
