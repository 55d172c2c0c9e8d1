import { hkdfSync } from 'node:crypto'
import Hypercore from 'hypercore'
import { keyPair } from 'hypercore-crypto'
import { encodeKey } from './site-key.js'

/** An Ed25519 key pair. */
export interface KeyPair {
  publicKey: Buffer
  secretKey: Buffer
}

/** What one 32-byte secret stands for. Secret halves stay inside; only texts are meant to be shown. */
export interface SiteKeys {
  /** The site drive's key, z-base-32. */
  key: string
  /** The public half of the publisher's network key pair, z-base-32: what a seed's operator trusts. */
  publisherKey: string
  /** Signs both cores of the site drive. */
  signing: KeyPair
  /** Identifies this publisher to other peers. */
  network: KeyPair
}

/**
 * Derives all keys of a site from its secret: no disk, no network.
 *
 * HKDF-SHA256 (RFC 5869) with a label for each use, so that neither key tells anything of the other.
 *
 * @param secret 32 bytes
 */
export function deriveKeys(secret: Uint8Array): SiteKeys {
  const signing = keyPair(deriveBytes(secret, 'sitedrive site signing key v1'))
  const network = keyPair(deriveBytes(secret, 'sitedrive publisher network key v1'))
  const key = Hypercore.key(siteManifest(signing.publicKey))
  return { key: encodeKey(key), publisherKey: encodeKey(network.publicKey), signing, network }
}

/** What the 32-byte secret of a preview drive stands for. */
export interface PreviewKeys {
  /** The preview drive's key, z-base-32. */
  key: string
  signing: KeyPair
  /** Identifies the author to other peers. */
  network: KeyPair
  /** Names and contents are hidden from whoever does not have it, 32 bytes. */
  encryptionKey: Uint8Array
}

/** Derives all keys of a preview drive. Neither of them tells anything of the others. @param secret 32 random bytes */
export function derivePreviewKeys(secret: Uint8Array): PreviewKeys {
  const signing = keyPair(deriveBytes(secret, 'sitedrive preview signing key v1'))
  const network = keyPair(deriveBytes(secret, 'sitedrive preview network key v1'))
  const encryptionKey = deriveBytes(secret, 'sitedrive preview encryption key v1')
  return { key: encodeKey(Hypercore.key(siteManifest(signing.publicKey))), signing, network, encryptionKey }
}

/** The key pair of a seed that was given 32 secret bytes. */
export function keyPairFrom(secret: Uint8Array): KeyPair {
  return keyPair(deriveBytes(secret, 'sitedrive seed network key v1'))
}

/**
 * The manifest of a plain single-writer drive, the same that Corestore makes by itself.
 *
 * @internal
 */
export function siteManifest(publicKey: Uint8Array): Hypercore.Manifest {
  return { version: 1, signers: [{ publicKey }] }
}

function deriveBytes(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', label, 32))
}
