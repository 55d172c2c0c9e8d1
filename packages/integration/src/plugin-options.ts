import type { ChecksMode } from '@sitedrive/core'
import { CHECKS_MODES, SitedriveError } from '@sitedrive/core/start'

/** What can be set in a plugin of a generator. */
export interface PluginOptions {
  /** The folder of `sitedrive.json`. Each plugin says what it is without this. */
  projectDir?: string
  /** false: build only, and say so. @default true */
  publish?: boolean
  /** Fail the build (exit 1) where it would otherwise be left unpublished, such as CI without a secret. @default false */
  required?: boolean
  /**
   * What becomes of a publish that would ship something that readers stumble over: `warn` publishes and tells, `fail` fails the
   * build when readers would meet something broken, `off` does not look.
   *
   * @default what `SITEDRIVE_CHECKS` says, else 'warn'
   */
  checks?: ChecksMode
  /** false: builds that are not published have no live preview either. @default true */
  preview?: boolean
  /** Where the live preview is on this machine. @default a port that stays the same for a project, or one near it when that is taken */
  previewPort?: number
  /** What "Publish all" of the review page runs, a line for the shell. @default that of `sitedrive.json`, else `npm run build` where there is such a script */
  buildCommand?: string
}

const TYPES: Record<keyof PluginOptions, string> = {
  projectDir: 'string',
  publish: 'boolean',
  required: 'boolean',
  checks: 'string',
  preview: 'boolean',
  previewPort: 'number',
  buildCommand: 'string'
}

/**
 * @param hostOptions names that the generator itself takes, and hands on
 * @throws {SitedriveError} BAD_OPTION naming the option and what is known
 */
export function checkPluginOptions(options: object, hostOptions: readonly string[] = []): void {
  for (const [name, value] of Object.entries(options)) {
    if (hostOptions.includes(name)) continue
    const type = (TYPES as Record<string, string>)[name]
    if (type === undefined) {
      throw bad(`has no option \`${name}\`; known are ${Object.keys(TYPES).join(', ')}.`, '')
    }
    if (value === undefined) continue
    if (typeof value !== type) throw bad(`option \`${name}\` is ${JSON.stringify(value)}, not a ${type}.`)
    if (name === 'checks' && !CHECKS_MODES.some((mode) => mode === value))
      throw bad(`option \`checks\` is ${JSON.stringify(value)}, not one of ${CHECKS_MODES.join(', ')}.`)
    if (name === 'previewPort' && !isPort(value))
      throw bad(`option \`previewPort\` is ${String(value)}, not a whole number from 0 to 65535.`)
  }
}

function bad(what: string, possessive = "'s"): SitedriveError {
  return new SitedriveError('BAD_OPTION', `The sitedrive plugin${possessive} ${what}`)
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535
}
