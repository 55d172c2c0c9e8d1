import type { BlobPointer } from '@sitedrive/core/drive'
import type { Encoding } from './accepted-encoding.js'

/** One form of a file, as bytes and as headers: as it is, or compressed. */
export interface Representation {
  /** Names its bytes among all bodies of all sites. */
  bodyName: string
  byteLength: number
  /** Where its bytes are in the drive; null: they come of compressing the file. */
  blob: BlobPointer | null
  encoding: Encoding | null
  /** null for a page that stands in for another: it is no version of it. */
  tag: string | null
  /** For the whole of it: names and values in turns, as `writeHead` takes them. */
  head: string[]
  /** For 304. */
  unchangedHead: string[]
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
  file: Pick<FilePlan, 'headers' | 'type'>,
  parts: Pick<Representation, 'bodyName' | 'byteLength' | 'blob' | 'encoding' | 'tag'>
): Representation {
  const { encoding, tag, byteLength } = parts
  const unchangedHead = tag === null ? file.headers : [...file.headers, 'etag', tag]
  const head = [...unchangedHead, 'content-type', file.type]
  if (encoding) head.push('content-encoding', encoding)
  else if (tag !== null) head.push('accept-ranges', 'bytes')
  head.push('content-length', String(byteLength))
  return { ...parts, unchangedHead, head }
}
