import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'
import { replaceFile } from '@sitedrive/core/internal'

/**
 * Reads the 32 bytes that the peer's network key derives from; makes them at the first start. Anybody who has them can pretend to be
 * this peer. If they are lost, publishers must pin at a new key.
 *
 * @throws {SitedriveError} BAD_SECRET when the file is damaged
 */
export function peerSecret(dir: string): Buffer {
  const file = path.join(dir, 'peer-secret')
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const secret = randomBytes(32)
    replaceFile(file, `${secret.toString('hex')}\n`)
    return secret
  }
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex')
  throw new SitedriveError(
    'BAD_SECRET',
    `\`${file}\` is damaged: it should be 64 hex digits. Put back a copy; without one, delete it, and tell the publishers ` +
      'the new key that the peer then has.'
  )
}
