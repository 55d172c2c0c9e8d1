import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { SiteAddress } from '@sitedrive/core'

export const NO_ADDRESS: SiteAddress = { key: null, url: null, mirror: null }

/** A key as `sitedrive.json` normally has it. */
const NORMAL_KEY = /^[ybndrfg8ejkmcpqxot1uwisza345h769]{51}[yo]$/

/**
 * The address of a project that has one.
 *
 * The dev server waits for it, and loading core takes longer than the rest of its start: core has its say only where the
 * file is not as it normally is.
 *
 * @throws {SitedriveError} CONFIG_INVALID
 */
export async function knownAddress(projectDir: string): Promise<SiteAddress> {
  const text = readProjectText(projectDir)
  if (text === null) return NO_ADDRESS
  return plainAddress(text) ?? (await import('@sitedrive/core')).createPublisher({ projectDir }).site()
}

/** What code and pages know of the address. Empty texts where there is none: variables of Vite are texts. */
export function addressConstants({ url, key, mirror }: SiteAddress): Record<string, string> {
  return {
    'import.meta.env.SITEDRIVE_URL': JSON.stringify(url ?? ''),
    'import.meta.env.SITEDRIVE_KEY': JSON.stringify(key ?? ''),
    'import.meta.env.SITEDRIVE_MIRROR': JSON.stringify(mirror ?? '')
  }
}

function plainAddress(text: string): SiteAddress | null {
  try {
    const { key, mirror } = JSON.parse(text) as Record<string, unknown>
    if (typeof key !== 'string' || !NORMAL_KEY.test(key) || mirror !== undefined) return null
    return { key, url: `hyper://${key}/`, mirror: null }
  } catch {
    return null
  }
}

function readProjectText(projectDir: string): string | null {
  try {
    return readFileSync(path.join(projectDir, 'sitedrive.json'), 'utf8')
  } catch {
    return null
  }
}
