import { deriveKeys } from '../holepunch/key-pairs.js'
import { ownKeys, readSecret } from './secret.js'

/** Whether a publisher's network key belongs to a site whose secret this data directory holds. Looks at every call. */
export function isOwnPublisher(home: string, publisherKey: string): boolean {
  return ownKeys(home).some((key) => {
    const secret = readSecret(home, key)
    return secret !== null && deriveKeys(secret).publisherKey === publisherKey
  })
}
