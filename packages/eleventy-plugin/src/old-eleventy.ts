import path from 'node:path'
import { openIntegration, SitedriveError } from '@sitedrive/integration'
import type { OldEleventyConfig } from './eleventy.js'
import type { SitedriveOptions } from './eleventy-options.js'

/**
 * In an Eleventy before 3 the plugin publishes nothing and says how the build is published all the same. Templates know the
 * address when the project has one.
 *
 * @throws {SitedriveError} HOST_TOO_OLD with `required: true`
 */
export function plugIntoOldEleventy(config: OldEleventyConfig, options: SitedriveOptions): void {
  const projectDir = path.resolve(options.projectDir ?? '.')
  const text =
    `Not published: the sitedrive plugin needs Eleventy 3; here is ${versionOf(config)}. ` +
    '`npx sitedrive run -- npx @11ty/eleventy` builds and publishes.'
  if (options.required) throw new SitedriveError('HOST_TOO_OLD', text)
  // Its logger has no prefix but Eleventy's own.
  process.stderr.write(`[sitedrive] ${text}\n`)
  const host = { name: 'Eleventy', version: 'unknown', buildCommand: '', write: () => {} }
  const integration = openIntegration(host, { ...options, projectDir })
  config.addGlobalData('sitedrive', () => integration.address(false))
}

/** No variable and no property has it; the refusal of a version names it. */
function versionOf(config: OldEleventyConfig): string {
  try {
    config.versionCheck?.('>=3')
  } catch (error) {
    return /'(\d[^']*)'/.exec(String(error))?.[1] ?? 'an older one'
  }
  return 'an older one'
}
