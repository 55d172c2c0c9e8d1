/** The options of both commands that concern Jekyll. */
export interface JekyllFlags {
  /** `--jekyll`. */
  jekyll?: string
  /** Jekyll's own options, as they were typed. */
  words: string[]
}
