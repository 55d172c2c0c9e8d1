import type { SiteAddress } from '@sitedrive/core'

/** What code and pages know of the address. Empty texts where there is none: variables of Vite are texts. */
export function addressConstants({ url, key, mirror }: SiteAddress): Record<string, string> {
  return {
    'import.meta.env.SITEDRIVE_URL': JSON.stringify(url ?? ''),
    'import.meta.env.SITEDRIVE_KEY': JSON.stringify(key ?? ''),
    'import.meta.env.SITEDRIVE_MIRROR': JSON.stringify(mirror ?? '')
  }
}
