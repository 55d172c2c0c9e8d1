import Hypercore from 'hypercore'
import Hyperdrive from 'hyperdrive'
import { decodeKey, encodeKey } from './site-key.js'
import { siteManifest, type SiteKeys } from './key-pairs.js'
import type { SiteCores } from './seed-protocol.js'

/** Derives the keys of a site's two cores from its signing key. Uses neither disk nor network. */
export function siteCores({ key, signing }: Pick<SiteKeys, 'key' | 'signing'>): SiteCores {
  const index = decodeKey(key)
  // `parseManifest` fills in the defaults, which are part of the key.
  const blobs = Hyperdrive.getContentManifest(
    Hypercore.parseManifest(siteManifest(signing.publicKey), index),
    index
  )
  if (!blobs) throw new Error('the drive has no blobs core of its own')
  return { site: key, blobs: encodeKey(Hypercore.key(blobs)) }
}
