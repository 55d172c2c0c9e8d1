import { Readable } from 'node:stream'
import type { DriveEntry } from '@sitedrive/core/drive'
import type { CompleteState, HeldState } from '../../src/copy/held-state.js'
import type { ServedSite } from '../../src/mirror/site-server.js'

/** Files of one state, by their paths. */
export type MemoryFiles = Record<string, string | Uint8Array>

/** A site that lies in memory, and counts what is asked of it. */
export interface MemorySite extends ServedSite {
  /** Shows other files from now on, as a new version of the same fork. */
  show(files: MemoryFiles): void
  /** How many times an entry was looked up, and a blob was read; how many states are held, and streams are open. */
  readonly counts: { entries: number; reads: number; held: number; streams: number }
}

/** @param metadata of each file */
export function memorySite(files: MemoryFiles, fork = 0, metadata: unknown = null): MemorySite {
  const counts = { entries: 0, reads: 0, held: 0, streams: 0 }
  const blocks: Uint8Array[] = []
  const releases: CompleteState[] = []

  const stateOf = (shown: MemoryFiles): CompleteState => {
    const index = new Map<string, DriveEntry>()
    for (const [path, content] of Object.entries(shown)) {
      const bytes = Buffer.from(content)
      const same = blocks.findIndex((block) => bytes.equals(block))
      const at = same === -1 ? blocks.push(bytes) - 1 : same
      const blob = { blockOffset: at, blockLength: 1, byteOffset: at, byteLength: bytes.length }
      index.set(path, { path, seq: 1, blob, metadata })
    }
    const drive: CompleteState['drive'] = {
      entry: async (path) => {
        counts.entries++
        return index.get(path) ?? null
      },
      stream: ({ blockOffset }, { start = 0, length } = {}) => {
        counts.reads++
        counts.streams++
        const block = blocks[blockOffset]!
        const bytes = block.subarray(start, length === undefined ? undefined : start + length)
        return Readable.from([bytes]).once('close', () => counts.streams--)
      }
    }
    return { version: releases.length + 2, fork, blobsLength: blocks.length, blobsFork: fork, drive }
  }
  const hold = (state: CompleteState): HeldState => {
    counts.held++
    return { ...state, release: () => void counts.held-- }
  }

  releases.push(stateOf(files))
  return {
    counts,
    show: (shown) => void releases.push(stateOf(shown)),
    hold: () => hold(releases.at(-1)!),
    holdRelease: async (release) => {
      const state = releases[release - 1]
      return state ? hold(state) : null
    }
  }
}
