import { deriveKeys } from '../holepunch/key-pairs.js'
import { ownKeys, readSecret } from './secret.js'

/** Whether a publisher's network key belongs to a site whose secret is in this data directory. Reads the disk at each call. */
export function isOwnPublisher(home: string, publisherKey: string): boolean {
  return ownKeys(home).some((key) => {
    const secret = readSecret(home, key)
    return secret !== null && deriveKeys(secret).publisherKey === publisherKey
  })
}
