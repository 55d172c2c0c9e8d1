import { SitedriveError } from '@sitedrive/core'

const UNITS: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

/** Reads `5GB`, `500 MB`, `1.5tb` or a bare number of bytes. @throws {SitedriveError} BAD_OPTION */
export function parseByteCount(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?b)?$/i.exec(text.trim())
  const bytes = Math.round(Number(match?.[1]) * (UNITS[(match?.[2] ?? 'B').toUpperCase()] ?? NaN))
  if (Number.isSafeInteger(bytes)) return bytes
  throw new SitedriveError(
    'BAD_OPTION',
    `\`${text}\` is no number of bytes: expected something like 500MB, 5GB or 1.5TB.`
  )
}
