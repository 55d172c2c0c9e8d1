import { fileURLToPath } from 'node:url'
import { shellLine } from '@sitedrive/integration'
import type { JekyllOptions } from './jekyll-options.js'

/** Options that show drafts and the like, or only make builds faster. */
const OF_DEV_RUNS =
  /^(?:-w|--watch|-I|--incremental|--force_polling|-D|--drafts|--future|--unpublished|-q|--quiet)$/
const LIMIT = /^--limit_posts(?:=|$)/

/** The absolute path of this program: a shell can start it wherever it is installed. */
const PROGRAM = fileURLToPath(new URL('../bin/jekyll-bridge.js', import.meta.url))

/** Makes the command that publishes the site that `serve` shows, without drafts. */
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
