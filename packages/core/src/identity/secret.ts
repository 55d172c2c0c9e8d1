import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { makePrivateDir, sitePaths } from '../machine/data-dir.js'
import { readIfThere, replaceFile } from '../disk/durable-file.js'
import { SitedriveError } from '../error.js'

/** The length of a site's secret in bytes. */
export const SECRET_BYTES = 32

export function mintSecret(): Buffer {
  return randomBytes(SECRET_BYTES)
}

/** The text of a secret for `SITEDRIVE_SECRET`: 64 hex digits. */
export function secretText(secret: Uint8Array): string {
  return Buffer.from(secret).toString('hex')
}

/**
 * Parses a secret from a person or a CI system: 64 hex digits or 24 words.
 *
 * @throws {SitedriveError} BAD_SECRET; the message never repeats the secret
 */
export async function parseSecret(text: string): Promise<Buffer> {
  const trimmed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (/\s/.test(trimmed)) {
    const { wordsToSecret } = await import('../holepunch/backup-words.js')
    return wordsToSecret(trimmed)
  }
  const what = /^(hyper:.*|[a-z0-9]{52})$/i.test(trimmed)
    ? 'this is an address or a key, which everybody may know'
    : `this is neither (it has ${trimmed.length} characters)`
  throw new SitedriveError(
    'BAD_SECRET',
    `A secret is 24 words or 64 hex digits; ${what}. Take the words of \`npx sitedrive key backup\`, or the value of \`npx sitedrive key show --secret\`.`
  )
}

/** Reads the secret of a site; null: it is not on this machine. @throws {SitedriveError} BAD_SECRET when the file is damaged */
export function readSecret(home: string, key: string): Buffer | null {
  const file = sitePaths(home, key).secret
  const text = readIfThere(file)?.trim()
  if (text === undefined) return null
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new SitedriveError(
      'BAD_SECRET',
      `\`${file}\` is damaged. Restore the key from its 24 words: \`npx sitedrive key restore\`.`
    )
  }
  return Buffer.from(text, 'hex')
}

export function hasSecret(home: string, key: string): boolean {
  return existsSync(sitePaths(home, key).secret)
}

/** Writes a secret to a file that only its owner can read. An existing file is never overwritten. */
export function storeSecret(home: string, key: string, secret: Uint8Array): void {
  const paths = sitePaths(home, key)
  makePrivateDir(home)
  makePrivateDir(paths.dir)
  if (!existsSync(paths.secret)) replaceFile(paths.secret, `${secretText(secret)}\n`)
}

/** The keys of all sites whose secret is on this machine. */
export function ownKeys(home: string): string[] {
  const dir = path.join(home, 'sites')
  return existsSync(dir) ? readdirSync(dir).filter((key) => hasSecret(home, key)) : []
}
