import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { SiteAddress } from '@sitedrive/core'
import { PROJECT_FILE } from '@sitedrive/core/start'

/** The address of a project without a key. */
const NO_ADDRESS: SiteAddress = { key: null, url: null, mirror: null }

/** The usual form of a key in `sitedrive.json`. */
const NORMAL_KEY = /^[ybndrfg8ejkmcpqxot1uwisza345h769]{51}[yo]$/

/**
 * The address of a project; all its fields are null when the project has no key yet.
 *
 * @throws {SitedriveError} CONFIG_INVALID
 */
export async function knownAddress(projectDir: string): Promise<SiteAddress> {
  if (readProjectText(projectDir) === null) return NO_ADDRESS
  return plainAddress(projectDir) ?? (await import('@sitedrive/core')).createPublisher({ projectDir }).site()
}

/**
 * The address in a simple `sitedrive.json`; null when there is none, or only core can read it.
 *
 * Generators wait for the address before they write anything, and loading core takes longer than the rest of what a plugin does there.
 */
export function plainAddress(projectDir: string): SiteAddress | null {
  try {
    const { key, mirror } = JSON.parse(readProjectText(projectDir) ?? '{}') as Record<string, unknown>
    if (typeof key !== 'string' || !NORMAL_KEY.test(key) || mirror !== undefined) return null
    return { key, url: `hyper://${key}/`, mirror: null }
  } catch {
    return null
  }
}

function readProjectText(projectDir: string): string | null {
  try {
    return readFileSync(path.join(projectDir, PROJECT_FILE), 'utf8')
  } catch {
    return null
  }
}
