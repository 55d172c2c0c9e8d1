import { readFileSync } from 'node:fs'
import { SitedriveError } from '@sitedrive/core'
import { replaceFile } from '@sitedrive/core/internal'
import { parseKey } from '@sitedrive/core/drive'
import { Claims, type Claim } from './site-claims.js'
import { emptyTable, type Pin, type TableRecord } from './pin.js'

const FORMAT = 1

/**
 * Reads the table of pins.
 *
 * @throws {SitedriveError} CONFIG_INVALID when there is a file and it cannot be read as one; the file is not
 * changed, because others rely on what it keeps
 */
export function readTable(file: string): TableRecord {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return emptyTable()
    throw invalid(file, 'it cannot be read', cause)
  }
  try {
    return toTable(JSON.parse(text))
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

export function writeTable(file: string, table: TableRecord): void {
  const value = {
    format: FORMAT,
    totalBytes: table.totalBytes,
    trusted: Object.fromEntries(table.trusted),
    blocked: [...table.blocked],
    claims: [...table.claims],
    pins: [...table.pins.values()]
  }
  replaceFile(file, `${JSON.stringify(value, null, 1)}\n`)
}

function toTable(value: unknown): TableRecord {
  const { format, totalBytes, trusted, blocked, claims, pins } = object(value, 'the table')
  if (format !== FORMAT) throw new Error(`its format is ${String(format)}, and this version reads ${FORMAT}`)
  return {
    totalBytes: bytesOrNull(totalBytes, 'totalBytes'),
    trusted: new Map(
      Object.entries(object(trusted, 'trusted')).map(([key, quota]) => [
        parseKey(key),
        bytesOrNull(quota, 'trusted')
      ])
    ),
    blocked: new Set(list(blocked, 'blocked').map(key)),
    claims: new Claims(list(claims, 'claims').map(toClaim)),
    pins: new Map(
      list(pins, 'pins')
        .map(toPin)
        .map((pin) => [pin.key, pin])
    )
  }
}

function toClaim(value: unknown): Claim {
  const { publisher, site, blobs } = object(value, 'claims')
  return { publisher: key(publisher), site: key(site), blobs: key(blobs) }
}

function toPin(value: unknown): Pin {
  const pin = object(value, 'pins')
  const { announce, since, isOver, isSpoilt, payer } = pin
  if (typeof since !== 'string' || [announce, isOver, isSpoilt].some((flag) => typeof flag !== 'boolean')) {
    throw new Error('a pin is incomplete')
  }
  return {
    key: key(pin['key']),
    publishers: list(pin['publishers'], 'publishers').map(key),
    payer: payer === null ? null : key(payer),
    announce: announce === true,
    since,
    bytes: bytesOrNull(pin['bytes'], 'bytes') ?? 0,
    isOver: isOver === true,
    isSpoilt: isSpoilt === true
  }
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new Error(`\`${name}\` is no object`)
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`\`${name}\` is no list`)
}

function key(value: unknown): string {
  if (typeof value === 'string') return parseKey(value)
  throw new Error(`\`${String(value)}\` is no key`)
}

function bytesOrNull(value: unknown, name: string): number | null {
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 0)) return value as number | null
  throw new Error(`\`${name}\` is no number of bytes`)
}

function invalid(file: string, why: string, cause: unknown): SitedriveError {
  return new SitedriveError(
    'CONFIG_INVALID',
    `The peer's table of pins, \`${file}\`, is damaged: ${why}. Nothing was changed. Put back a copy of the file, or move ` +
      'it away and let publishers pin again: what is stored beside it stays.',
    { cause }
  )
}
