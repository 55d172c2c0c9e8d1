import { call, post } from '../../../../mirror/src/private-page/browser/calls.js'
import type {
  DiffAnswer,
  DiffKind,
  LogAnswer,
  PublishRequest,
  ReviewAnswer,
  RollbackRequest,
  Run
} from '../api.js'

export const getReview = (): Promise<ReviewAnswer> => call('/api/review')
export const getLog = (limit: number): Promise<LogAnswer> => call(`/api/log?limit=${limit}`)
export const getDiff = (path: string, kind: DiffKind, signal: AbortSignal): Promise<DiffAnswer> =>
  call(`/api/diff?kind=${kind}&path=${encodeURIComponent(path)}`, { signal })
export const postPublish = (request: PublishRequest): Promise<Run> => post('/api/publish', request)
export const postCancel = (): Promise<unknown> => post('/api/publish/cancel', {})
export const postRollback = (request: RollbackRequest): Promise<Run> => post('/api/rollback', request)
