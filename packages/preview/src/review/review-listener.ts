import type { RequestListener } from 'node:http'
import { codeOf } from '@sitedrive/core/start'
import { bodyOf, pageFiles, privateListener, sendError, sendJson, type Guard } from '@sitedrive/mirror/parts'
import { thrownFailureMessage } from '../build-failure-message.js'
import type { DiffKind, PublishRequest, RollbackRequest } from './api.js'
import { RefusedRun } from './publish-all.js'
import type { Review } from './review-session.js'

const files = pageFiles([
  new URL('./page/', import.meta.url),
  // In tests this file runs from the sources, and the bundle is in dist.
  new URL('../../dist/review/page/', import.meta.url)
])

/** Serves the files of the review page, and its API. */
export function reviewListener(guard: Guard, review: Review): RequestListener {
  return privateListener({
    guard,
    files,
    frames: () => `http://*.localhost:${review.framePort}`,
    describeError: (error) =>
      error instanceof RefusedRun
        ? { status: 409, code: error.code, message: error.message }
        : { status: 500, code: codeOf(error) || 'FAILED', message: thrownFailureMessage(error) },
    routes: {
      'GET /api/review': async (_req, res) => sendJson(res, 200, await review.answer()),
      'GET /api/events': (_req, res) => review.openEvents(res),
      'GET /api/log': async (_req, res, query) =>
        sendJson(res, 200, await review.history(Number(query.get('limit')) || undefined)),
      'GET /api/diff': async (_req, res, query) => {
        const path = query.get('path') ?? ''
        const kind: DiffKind = query.get('kind') === 'html' ? 'html' : 'words'
        const diff = await review.diff(path, kind)
        if (!diff) return sendError(res, 404, 'NO_SUCH_FILE', `Neither side has \`${path}\`.`)
        sendJson(res, 200, diff)
      },
      'POST /api/publish': async (req, res) =>
        sendJson(res, 202, await review.publish((await bodyOf(req)) as unknown as PublishRequest)),
      'POST /api/publish/cancel': async (req, res) => {
        await bodyOf(req)
        review.cancel()
        sendJson(res, 202, {})
      },
      'POST /api/rollback': async (req, res) =>
        sendJson(res, 202, await review.rollback((await bodyOf(req)) as unknown as RollbackRequest))
    }
  })
}
