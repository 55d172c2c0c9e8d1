import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { DriveState } from '@sitedrive/core/drive'
import type { Damage, Proof } from '../proof/prove-files.js'

/** With more damaged files than this the proof is not written: the whole state is then checked again. */
const MAX_DAMAGED = 1_000

/** A state that was complete, with the result of the check of its files; null: they were not checked. */
export interface CompleteMark extends DriveState {
  proof: Proof | null
}

/**
 * Writes down the last complete state. A copy contains whatever has arrived, so after a restart in the middle of a fetch
 * only this file tells which state can be shown.
 */
export function writeCompleteMark(file: string, mark: CompleteMark): void {
  const { version, fork, blobsLength, blobsFork } = mark
  const proof = mark.proof && mark.proof.damaged.length <= MAX_DAMAGED ? mark.proof : null
  writeFileSync(`${file}.new`, `${JSON.stringify({ version, fork, blobsLength, blobsFork, proof })}\n`, {
    mode: 0o600
  })
  renameSync(`${file}.new`, file)
}

/** @returns null when there is no readable file: everything is then checked again */
export function readCompleteMark(file: string): CompleteMark | null {
  try {
    const mark = JSON.parse(readFileSync(file, 'utf8')) as DriveState & { proof?: unknown }
    const { version, fork, blobsLength, blobsFork, proof } = mark
    const isWhole = [version, fork, blobsLength, blobsFork].every(
      (value) => Number.isSafeInteger(value) && value >= 0
    )
    return isWhole ? { version, fork, blobsLength, blobsFork, proof: readProof(proof) } : null
  } catch {
    return null
  }
}

function readProof(value: unknown): Proof | null {
  const { damaged, usedBlobs } = (value ?? {}) as Partial<Record<keyof Proof, unknown>>
  const isProof = Array.isArray(damaged) && damaged.every(isDamage) && Number.isSafeInteger(usedBlobs)
  return isProof ? { damaged, usedBlobs: usedBlobs as number } : null
}

function isDamage(value: unknown): value is Damage {
  const { path, why } = (value ?? {}) as Partial<Record<keyof Damage, unknown>>
  return typeof path === 'string' && typeof why === 'string'
}

/** True when the copy still contains the marked state: both cores have the same fork and are at least as long. */
export function isStillHeld(mark: DriveState, now: DriveState): boolean {
  return (
    mark.version > 0 &&
    mark.fork === now.fork &&
    mark.version <= now.version &&
    mark.blobsFork === now.blobsFork &&
    mark.blobsLength <= now.blobsLength
  )
}
