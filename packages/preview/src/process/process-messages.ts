import type { BuildFailure, PreviewUpdate, Sources } from '@sitedrive/core/preview'
import type { LivePreviewOptions, Viewers } from './live-preview.js'

/** An error on its way between two processes. */
export interface PlainError {
  /** Of our own errors. */
  code: string | null
  message: string
}

/** What the process of a generator tells that of its preview. */
export type ToPreview =
  | { kind: 'open'; options: Omit<LivePreviewOptions, 'env' | 'onProblem' | 'onViewers' | 'onRunning'> }
  /** `sources`: those that were not told before. */
  | { kind: 'update'; id: number; dir: string; touched: string[] | null; sources: Sources }
  | { kind: 'failed'; id: number; failure: BuildFailure }
  | { kind: 'building' }
  | { kind: 'idle' }
  | { kind: 'close' }

/** What it hears from there. */
export type FromPreview =
  | { kind: 'opened'; key: string; link: string; url: string; reviewUrl: string }
  | { kind: 'refused'; error: PlainError }
  | { kind: 'done'; id: number; update: PreviewUpdate | null }
  | { kind: 'not done'; id: number; error: PlainError }
  | { kind: 'viewers'; viewers: Viewers }
  | { kind: 'problem'; error: PlainError }
  /** The last message, when the process does not end of its own will. */
  | { kind: 'crashed'; error: PlainError }
