export interface SitedriveOptions {
  /** The folder of `sitedrive.json`. @default Vite's root, or the first folder above it that has one, or a `package.json` */
  projectDir?: string
  /** false: build only, and say so. @default true */
  publish?: boolean
  /** Fail the build (exit 1) where it would otherwise be left unpublished, such as CI without a secret. @default false */
  required?: boolean
  /** false: `vite` and `vite build --watch` have no live preview. @default true */
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
export async function checkOptions(options: object): Promise<void> {
  for (const [name, value] of Object.entries(options)) {
    const type = TYPES[name]
    if (type !== undefined && (value === undefined || typeof value === type)) continue
    const { SitedriveError } = await import('@sitedrive/core')
    throw new SitedriveError(
      'BAD_OPTION',
      type === undefined
        ? `The sitedrive plugin has no option \`${name}\`; known are ${Object.keys(TYPES).join(', ')}.`
        : `The sitedrive plugin's option \`${name}\` is ${JSON.stringify(value)}, not a ${type}.`
    )
  }
}
