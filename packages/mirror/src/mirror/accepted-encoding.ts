import { zstd } from './zstd.js'

/** A content coding that this server can send. */
export type Encoding = 'br' | 'gzip' | 'zstd'

/** Those of this Node.js. What comes first is taken when a client has no preference: brotli is smaller. */
const OFFERED: readonly Encoding[] = zstd ? ['br', 'zstd', 'gzip'] : ['br', 'gzip']

/** Longer headers are ignored. Browsers send about 30 characters. */
const MAX_LENGTH = 200

/** The number of different headers that are cached. Clients send only a few. */
const MAX_KNOWN = 500

const known = new Map<string, readonly Encoding[]>()

/** All results that there were. Each is always the same array, so that it can be the key of a Map. */
const results = new Map<string, readonly Encoding[]>()

const NONE: readonly Encoding[] = []

/**
 * The codings that an Accept-Encoding header (RFC 9110, 12.5.3) accepts, best first.
 *
 * @returns one of a few arrays, the same one for the same content
 */
export function acceptedEncodings(header: string | undefined): readonly Encoding[] {
  if (header === undefined || header.length > MAX_LENGTH) return NONE
  const found = known.get(header)
  if (found !== undefined) return found
  if (known.size >= MAX_KNOWN) known.clear()
  const encodings = read(header)
  known.set(header, encodings)
  return encodings
}

function read(header: string): readonly Encoding[] {
  const weights = new Map<string, number>()
  for (const part of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((word) => word.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    weights.set(coding === 'x-gzip' ? 'gzip' : coding, Number.isFinite(weight) ? weight : 0)
  }
  const weigh = (coding: string) => weights.get(coding) ?? weights.get('*') ?? 0
  // The sort is stable: of two with one weight the first offered stays first.
  const accepted = OFFERED.filter((coding) => weigh(coding) > 0).toSorted((a, b) => weigh(b) - weigh(a))
  const name = accepted.join()
  const same = results.get(name)
  if (same) return same
  results.set(name, accepted)
  return accepted
}
