import { hkdfSync } from 'node:crypto'
import Hypercore from 'hypercore'
import { keyPair } from 'hypercore-crypto'
import { encodeKey } from './site-key.js'

/** An Ed25519 key pair. */
export interface KeyPair {
  publicKey: Buffer
  secretKey: Buffer
}

/** The keys that are derived from one 32-byte secret. Only the text fields may be shown to people. */
export interface SiteKeys {
  /** The site drive's key, z-base-32. */
  key: string
  /** The public key of `network`, z-base-32. An operator of a seed trusts a publisher by this key. */
  publisherKey: string
  /** Signs both cores of the site drive. */
  signing: KeyPair
  /** Identifies this publisher to other peers. */
  network: KeyPair
}

/**
 * Derives all keys of a site from its secret. Uses neither disk nor network.
 *
 * Uses HKDF-SHA256 (RFC 5869) with one label for each key, so that no key reveals another.
 *
 * @param secret 32 bytes
 */
export function deriveKeys(secret: Uint8Array): SiteKeys {
  const signing = keyPair(deriveBytes(secret, 'sitedrive site signing key v1'))
  const network = keyPair(deriveBytes(secret, 'sitedrive publisher network key v1'))
  const key = Hypercore.key(siteManifest(signing.publicKey))
  return { key: encodeKey(key), publisherKey: encodeKey(network.publicKey), signing, network }
}

/** The keys that are derived from the 32-byte secret of a preview drive. */
export interface PreviewKeys {
  /** The preview drive's key, z-base-32. */
  key: string
  signing: KeyPair
  /** Identifies the author to other peers. */
  network: KeyPair
  /** Encrypts names and contents, 32 bytes. */
  encryptionKey: Uint8Array
}

/** Derives all keys of a preview drive. No key reveals another. @param secret 32 random bytes */
export function derivePreviewKeys(secret: Uint8Array): PreviewKeys {
  const signing = keyPair(deriveBytes(secret, 'sitedrive preview signing key v1'))
  const network = keyPair(deriveBytes(secret, 'sitedrive preview network key v1'))
  const encryptionKey = deriveBytes(secret, 'sitedrive preview encryption key v1')
  return { key: encodeKey(Hypercore.key(siteManifest(signing.publicKey))), signing, network, encryptionKey }
}

/** Derives the network key pair of a seed. @param secret 32 bytes */
export function keyPairFrom(secret: Uint8Array): KeyPair {
  return keyPair(deriveBytes(secret, 'sitedrive seed network key v1'))
}

/**
 * The manifest of a core with one signer. It equals the one that Corestore creates, so the keys are the same.
 *
 * @internal
 */
export function siteManifest(publicKey: Uint8Array): Hypercore.Manifest {
  return { version: 1, signers: [{ publicKey }] }
}

function deriveBytes(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', label, 32))
}
