import type { BlobPointer } from '@sitedrive/core/drive'
import type { Encoding } from './accepted-encoding.js'
import { Head } from './response-head.js'

/** One form of a file, uncompressed or compressed: its bytes and its headers. */
export interface Representation {
  /** Identifies its bytes among the bodies of all sites. */
  bodyName: string
  byteLength: number
  /** Where its bytes are in the drive; null: this server compresses the file. */
  blob: BlobPointer | null
  /** The hash that the author signed for these bytes; null: there is none, or this server compresses the file. */
  claim: string | null
  encoding: Encoding | null
  /**
   * It is compressed while it is sent: how long it will be is not known, and the other members are those of the file as it is.
   *
   * @default false
   */
  isStreamed?: boolean
  /** The entity tag; null for a page that is shown in the place of another, such as a 404 page. */
  tag: string | null
  /** For an answer with all bytes. */
  head: Head
  /** For 304 Not Modified. */
  unchangedHead: Head
}

/** How a file is answered at one path. */
export interface FilePlan {
  kind: 'file'
  status: 200 | 404 | 410 | 451
  /** Its path in the drive. */
  path: string
  type: string
  isCompressible: boolean
  /** The check of the state did not include this file. @default false */
  isUnchecked?: boolean
  /** An HTTP date; null: not known. */
  lastModified: string | null
  /** The headers that all representations share. */
  headers: string[]
  identity: Representation
  /** The key is the array object that `acceptedEncodings` returned. */
  encoded: Map<readonly Encoding[], Representation>
}

/** Makes a representation: adds the headers that depend on the bytes. */
export function represent(
  file: Pick<FilePlan, 'status' | 'headers' | 'type'>,
  parts: Pick<
    Representation,
    'bodyName' | 'byteLength' | 'blob' | 'claim' | 'encoding' | 'isStreamed' | 'tag'
  >
): Representation {
  const { encoding, tag, byteLength, isStreamed = false } = parts
  const unchanged = tag === null ? file.headers : [...file.headers, 'etag', tag]
  const whole = [...unchanged, 'content-type', file.type]
  if (encoding) whole.push('content-encoding', encoding)
  else if (tag !== null) whole.push('accept-ranges', 'bytes')
  if (!isStreamed) whole.push('content-length', String(byteLength))
  return { ...parts, unchangedHead: new Head(304, unchanged), head: new Head(file.status, whole) }
}
