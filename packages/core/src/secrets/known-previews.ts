import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { encodeKey } from '../holepunch/site-key.js'
import type { KnownSecret } from './secret-types.js'

/** What opens the live previews of this machine: the secret of each, and the part of its link behind the `#`. */
export async function previewSecrets(home: string): Promise<KnownSecret[]> {
  const secrets = namesIn(path.join(home, 'previews')).flatMap((name) =>
    secretIn(path.join(home, 'previews', name, 'preview.json'))
  )
  if (secrets.length === 0) return []
  const { derivePreviewKeys } = await import('../holepunch/key-pairs.js')
  return secrets.flatMap((hex) => {
    const opener = encodeKey(derivePreviewKeys(Buffer.from(hex, 'hex')).encryptionKey)
    return [hex, hex.toUpperCase(), opener, opener.toUpperCase()].map((value): KnownSecret => ({
      rule: 'preview-link',
      what: 'what opens a live preview',
      value
    }))
  })
}

// Damaged or gone: there is no preview that it opens.
function secretIn(file: string): string[] {
  try {
    const { secret } = JSON.parse(readFileSync(file, 'utf8')) as { secret?: unknown }
    return typeof secret === 'string' && /^[0-9a-f]{64}$/.test(secret) ? [secret] : []
  } catch {
    return []
  }
}

/** What lies in a folder; nothing where it cannot be read. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
