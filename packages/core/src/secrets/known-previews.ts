import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { encodeKey } from '../holepunch/site-key.js'
import type { KnownSecret } from './secret-types.js'

/** Values that open the live previews of this machine: each secret, and the part of each link after the `#`. */
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

// A damaged or missing file has no secret to protect.
function secretIn(file: string): string[] {
  try {
    const { secret } = JSON.parse(readFileSync(file, 'utf8')) as { secret?: unknown }
    return typeof secret === 'string' && /^[0-9a-f]{64}$/.test(secret) ? [secret] : []
  } catch {
    return []
  }
}

/** Names in a folder; empty when it cannot be read. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
