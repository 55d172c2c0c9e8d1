import type { DriveEntry } from '../holepunch/hyperdrive.js'
import { printable, printableLines } from '../text.js'

/** The entry with the status of the last build. It is part of every batch, so it always matches the files. */
export const STATUS_PATH = '/.well-known/sitedrive-preview.json'

/** Why a build failed, in the generator's words. */
export interface BuildFailure {
  message: string
  /** The source file, as the generator names it. */
  file?: string | null
  /** From 1. */
  line?: number | null
  /** From 1. */
  column?: number | null
}

/** How the last build of a preview ended. */
export interface PreviewStatus {
  failure: Required<BuildFailure> | null
  /** When its files last changed, ISO 8601; null before the first build. */
  updatedAt: string | null
  /** The author's public key in the network, z-base-32. */
  author: string | null
}

export const NO_STATUS: PreviewStatus = { failure: null, updatedAt: null, author: null }

/** The longest message of a failure, because it can contain the whole output of a template. Characters. */
const MAX_MESSAGE = 16_384
const MAX_FILE = 4_096
/** The longest time or key. Characters. */
const MAX_SHORT_TEXT = 64

/** Reads a status entry. Its author may be unknown, so fields of a wrong type are dropped. */
export function statusOf(entry: DriveEntry | null): PreviewStatus {
  const { failure, updatedAt, author } = (entry?.metadata ?? {}) as Record<string, unknown>
  return { failure: failureOf(failure), updatedAt: shortTextOf(updatedAt), author: shortTextOf(author) }
}

/** Fills in missing fields of a failure, cuts long texts, and removes colours and control characters. */
export function completeFailure({ message, file, line, column }: BuildFailure): Required<BuildFailure> {
  return {
    message: printableLines(message.slice(0, MAX_MESSAGE)),
    file: file ? printable(file.slice(0, MAX_FILE)) : null,
    line: line ?? null,
    column: column ?? null
  }
}

function failureOf(value: unknown): PreviewStatus['failure'] {
  if (typeof value !== 'object' || value === null) return null
  const { message, file, line, column } = value as Record<string, unknown>
  return completeFailure({
    message: textOf(message) ?? 'The build failed.',
    file: textOf(file),
    line: numberOf(line),
    column: numberOf(column)
  })
}

function shortTextOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_SHORT_TEXT ? value : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
