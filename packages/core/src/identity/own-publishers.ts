import { deriveKeys } from '../holepunch/key-pairs.js'
import { ownKeys, readSecret } from './secret.js'

/** The publisher's network key of a site whose secret is in this data directory; null: it is of no such site. @param key the site's */
export function ownPublisherOf(home: string, key: string): string | null {
  const secret = ownKeys(home).includes(key) ? readSecret(home, key) : null
  return secret && deriveKeys(secret).publisherKey
}

/** Whether a publisher's network key belongs to a site whose secret is in this data directory. Reads the disk at each call. */
export function isOwnPublisher(home: string, publisherKey: string): boolean {
  return ownKeys(home).some((key) => {
    const secret = readSecret(home, key)
    return secret !== null && deriveKeys(secret).publisherKey === publisherKey
  })
}
