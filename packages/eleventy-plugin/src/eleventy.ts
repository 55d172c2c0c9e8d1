// The parts of Eleventy 3 that the plugin uses; Eleventy ships no declarations.

export interface EleventyConfig {
  logger: EleventyLogger
  events: {
    on(name: string, listener: (event: never) => unknown): unknown
    off(name: string, listener: (event: never) => unknown): unknown
  }
  /** @throws when this Eleventy is not in the range */
  versionCheck(range: string): void
  setEventEmitterMode(mode: 'sequential'): void
  /** @default 'copy' */
  serverPassthroughCopyBehavior?: string
  /** Files whose changes begin no build. */
  watchIgnores?: { add(file: string): unknown }
  addGlobalData(name: string, data: () => unknown): void
}

/** The config of an Eleventy before 3. */
export interface OldEleventyConfig {
  /** @throws when this Eleventy is not in the range */
  versionCheck?(range: string): void
  addGlobalData(name: string, data: () => unknown): void
}

export interface EleventyLogger {
  /** false with `--quiet`, and when stdout is for the output itself (`--to=json`). */
  isVerbose: boolean
  /** Where lines end up that are to be shown. */
  logger: { log(message: string): void; warn(message: string): void }
  isLoggingEnabled(): boolean
  /** All that is logged goes through it. */
  message(text: unknown, type?: string, ...rest: unknown[]): void
  logWithOptions(options: {
    message: string
    prefix?: string
    type?: 'log' | 'warn'
    color?: string
    force?: boolean
  }): void
}

/** What `eleventy.before` hands over. */
export interface BuildStart {
  runMode: 'build' | 'watch' | 'serve'
  outputMode: 'fs' | 'json' | 'ndjson'
  /** `--incremental`: files of earlier builds are relied upon. */
  incremental: boolean
  directories: { output: string }
}

/** What `eleventy.after` hands over. */
export interface BuildEnd extends BuildStart {
  results: { inputPath?: string; outputPath: string; content?: unknown }[]
}
