import type { BlobPointer } from '@sitedrive/core/drive'
import type { Encoding } from './accepted-encoding.js'
import { Head } from './response-head.js'

/** One form of a file, as bytes and as headers: as it is, or compressed. */
export interface Representation {
  /** Names its bytes among all bodies of all sites. */
  bodyName: string
  byteLength: number
  /** Where its bytes are in the drive; null: they come of compressing the file. */
  blob: BlobPointer | null
  /** The hash that the author signed for these bytes; null: none, or they come of compressing the file. */
  claim: string | null
  encoding: Encoding | null
  /** null for a page that stands in for another: it is no version of it. */
  tag: string | null
  /** For the whole of it. */
  head: Head
  /** 304. */
  unchangedHead: Head
}

/** A file as it is answered with at one path. */
export interface FilePlan {
  kind: 'file'
  status: 200 | 404 | 410 | 451
  /** Its path in the drive. */
  path: string
  type: string
  isCompressible: boolean
  /** All headers that no representation changes. */
  headers: string[]
  identity: Representation
  /** By the very array that `acceptedEncodings` returned. */
  encoded: Map<readonly Encoding[], Representation>
}

/** Adds the headers that depend on the bytes. */
export function represent(
  file: Pick<FilePlan, 'status' | 'headers' | 'type'>,
  parts: Pick<Representation, 'bodyName' | 'byteLength' | 'blob' | 'claim' | 'encoding' | 'tag'>
): Representation {
  const { encoding, tag, byteLength } = parts
  const unchanged = tag === null ? file.headers : [...file.headers, 'etag', tag]
  const whole = [...unchanged, 'content-type', file.type]
  if (encoding) whole.push('content-encoding', encoding)
  else if (tag !== null) whole.push('accept-ranges', 'bytes')
  whole.push('content-length', String(byteLength))
  return { ...parts, unchangedHead: new Head(304, unchanged), head: new Head(file.status, whole) }
}
