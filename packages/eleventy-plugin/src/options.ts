import { SitedriveError } from '@sitedrive/core'

export interface SitedriveOptions {
  /** The folder of `sitedrive.json`. @default the folder that Eleventy runs in */
  projectDir?: string
  /** false: build only, and say so. @default true */
  publish?: boolean
  /** Fail the build (exit 1) where it would otherwise be left unpublished, such as CI without a secret. @default false */
  required?: boolean
  /** false: `--serve` and `--watch` have no live preview. @default true */
  preview?: boolean
  /** Where the live preview is on this machine. @default a port that stays the same for a project, or one near it when that is taken */
  previewPort?: number
}

const TYPES: Record<string, string> = {
  projectDir: 'string',
  publish: 'boolean',
  required: 'boolean',
  preview: 'boolean',
  previewPort: 'number'
}

/** @throws {SitedriveError} BAD_OPTION naming the option and what is known */
export function checkOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === 'immediate') continue // `addPlugin` itself takes it, and hands it on
    const type = TYPES[name]
    if (type === undefined) {
      throw new SitedriveError(
        'BAD_OPTION',
        `The sitedrive plugin has no option \`${name}\`; known are ${Object.keys(TYPES).join(', ')}.`
      )
    }
    if (value !== undefined && typeof value !== type) {
      throw new SitedriveError(
        'BAD_OPTION',
        `The sitedrive plugin's option \`${name}\` is ${JSON.stringify(value)}, not a ${type}.`
      )
    }
    if (name === 'previewPort' && value !== undefined && !isPort(value)) {
      throw new SitedriveError(
        'BAD_OPTION',
        `The sitedrive plugin's option \`previewPort\` is ${String(value)}, not a whole number from 0 to 65535.`
      )
    }
  }
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535
}
