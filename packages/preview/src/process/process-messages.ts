import type { BuildFailure, PreviewUpdate, Sources } from '@sitedrive/core/preview'
import type { LivePreviewOptions, Viewers } from './live-preview.js'

/** An error on its way between two processes. */
export interface PlainError {
  /** The code of a `SitedriveError`; null for any other error. */
  code: string | null
  message: string
}

/** Messages from the generator's process to the preview's process. */
export type ToPreview =
  | { kind: 'open'; options: Omit<LivePreviewOptions, 'env' | 'onProblem' | 'onViewers' | 'onRunning'> }
  /** `sources`: those that were not sent before. */
  | { kind: 'update'; id: number; dir: string; touched: string[] | null; sources: Sources }
  | { kind: 'failed'; id: number; failure: BuildFailure }
  | { kind: 'building' }
  | { kind: 'idle' }
  | { kind: 'close' }

/** Messages from the preview's process to the generator's process. */
export type FromPreview =
  | { kind: 'opened'; key: string; link: string; url: string; lanUrls: string[]; reviewUrl: string }
  | { kind: 'refused'; error: PlainError }
  | { kind: 'done'; id: number; update: PreviewUpdate | null }
  | { kind: 'not done'; id: number; error: PlainError }
  | { kind: 'viewers'; viewers: Viewers }
  | { kind: 'problem'; error: PlainError }
  /** The last message of a process that ends by an uncaught error. */
  | { kind: 'crashed'; error: PlainError }
