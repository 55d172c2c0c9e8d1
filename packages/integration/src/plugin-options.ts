import type { ChecksMode } from '@sitedrive/core'
import { CHECKS_MODES, SitedriveError } from '@sitedrive/core/start'

/** The options that users set in a plugin of a generator. */
export interface PluginOptions {
  /** The folder of `sitedrive.json`. Each plugin documents its own default. */
  projectDir?: string
  /** false: build without publishing, and print a line that says so. @default true */
  publish?: boolean
  /** true: the build fails (exit 1) when it cannot be published, such as in CI without a secret. @default false */
  required?: boolean
  /**
   * What happens when the checks find problems that readers would notice. `warn`: the site is published with warnings. `fail`:
   * the build fails when something is broken for readers. `off`: nothing is checked.
   *
   * @default the value of `SITEDRIVE_CHECKS`, else 'warn'
   */
  checks?: ChecksMode
  /** false: there is no live preview. @default true */
  preview?: boolean
  /** The port of the live preview on this machine. @default the same port for a project each time, or one near it when that is taken */
  previewPort?: number
  /** The shell command of "Publish all" on the review page. @default that of `sitedrive.json`, else `npm run build` when there is such a script */
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
 * @param hostOptions options of the generator itself, which are allowed too
 * @throws {SitedriveError} BAD_OPTION that names the option, and the known ones
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
