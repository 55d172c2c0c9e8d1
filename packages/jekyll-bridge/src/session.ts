import type { Screen } from './screen.js'

/** One run of one command: where it works, whom it speaks to, and when it must stop. */
export interface Session {
  /** Absolute: the folder of `sitedrive.json`, in which Jekyll runs. */
  projectDir: string
  env: NodeJS.ProcessEnv
  screen: Screen
  signal: AbortSignal
}

/** What both commands know of Jekyll. */
export interface JekyllFlags {
  /** `--jekyll`. */
  jekyll?: string
  /** What Jekyll is to be given, as it was typed. */
  words: string[]
}
