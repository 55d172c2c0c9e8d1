import Hypercore from 'hypercore'
import Hyperdrive from 'hyperdrive'
import { decodeKey, encodeKey } from './site-key.js'
import { siteManifest, type SiteKeys } from './key-pairs.js'
import type { SiteCores } from './seed-protocol.js'

/** The keys of a site's two cores: both follow from its signing key, without disk and network. */
export function siteCores({ key, signing }: Pick<SiteKeys, 'key' | 'signing'>): SiteCores {
  const index = decodeKey(key)
  // Parsed, so that its defaults are filled in: they are part of the key.
  const blobs = Hyperdrive.getContentManifest(
    Hypercore.parseManifest(siteManifest(signing.publicKey), index),
    index
  )
  if (!blobs) throw new Error('the drive has no blobs core of its own')
  return { site: key, blobs: encodeKey(Hypercore.key(blobs)) }
}
