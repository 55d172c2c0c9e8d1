/** The options for Jekyll, which both commands have. */
export interface JekyllFlags {
  /** The value of `--jekyll`: the command that starts Jekyll. */
  jekyll?: string
  /** Jekyll's own options, unchanged. */
  words: string[]
}
